import type { Sqlite } from '../sqlite.ts';

interface PackRun {
  first: number;
  count: number;
  row: number;
}

/** Remembers which rows the fragments of a pack have, so that an unchanged pack costs no look-up for each fragment. */
export function createPackRows(db: Sqlite) {
  const overlapping = db.prepare(
    'SELECT first, count, row FROM pack_rows WHERE pack = ? AND first < ? AND first + count > ? ORDER BY first',
  );
  const insert = db.prepare('INSERT OR REPLACE INTO pack_rows VALUES (?, ?, ?, ?)');
  const noted = new Map<string, PackRun[]>();
  const key = (pack: string) => Buffer.from(pack, 'hex');

  return {
    /** Adds the rows of fragments `first` to `first + count - 1` to `ids`; gives the fragments whose rows are not known. */
    of(
      pack: string,
      first: number,
      count: number,
      ids: { add(row: number): unknown },
    ): Set<number> {
      const unknown = new Set<number>();
      const end = first + count;
      let at = first;
      const leave = (to: number) => {
        for (; at < to; at++) unknown.add(at);
      };
      for (const run of overlapping.all(key(pack), end, first) as PackRun[]) {
        leave(Math.min(run.first, end));
        for (; at < Math.min(run.first + run.count, end); at++) ids.add(run.row + at - run.first);
      }
      leave(end);
      return unknown;
    },

    /** Says which row a fragment has. */
    note(pack: string, index: number, row: number): void {
      const runs = noted.get(pack) ?? [];
      noted.set(pack, runs);
      const last = runs.at(-1);
      if (last && last.first + last.count === index && last.row + last.count === row) last.count++;
      else runs.push({ first: index, count: 1, row });
    },

    /** Writes what was noted. */
    write(): void {
      for (const [pack, runs] of noted) {
        for (const { first, count, row } of runs) insert.run(key(pack), first, count, row);
      }
      noted.clear();
    },
  };
}
