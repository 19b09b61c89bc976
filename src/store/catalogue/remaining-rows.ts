import { openForReading } from '../sqlite.ts';

export type CatalogueRows = ReturnType<typeof openRows>;

/** Opens the catalogue to tell which rows belong to fragments, and what rows have to do with each other. */
export function openRows(path: string) {
  const db = openForReading(path);
  const runs = db.prepare('SELECT first, count, row FROM pack_rows WHERE pack = ?');
  const find = {
    package: db.prepare('SELECT id FROM package WHERE fragment = ?').pluck(),
    advisory: db.prepare('SELECT id FROM advisory WHERE fragment = ?').pluck(),
  };
  const named = db.prepare('SELECT id FROM package WHERE name = ?').pluck();
  const shipped = db
    .prepare(`
    SELECT a.advisory, a.rowid, p.id
    FROM advisory_package a LEFT JOIN package p ON p.name = a.name AND p.arch = a.arch
      AND p.version = a.version AND p.release = a.release AND p.epoch = a.epoch
    WHERE a.advisory BETWEEN ? AND ? ORDER BY a.advisory, a.rowid`)
    .raw();

  return {
    /** Tells this catalogue from one that was made again. */
    identity: (): string => db.prepare('SELECT id FROM identity').pluck().get() as string,

    /** The row of each of a pack's fragments; 0 for one without. */
    ofPack(
      table: 'package' | 'advisory',
      { name, count, digest }: { name: string; count: number; digest: (i: number) => Buffer },
    ): Int32Array {
      const rows = new Int32Array(count);
      for (const run of runs.all(Buffer.from(name, 'hex')) as {
        first: number;
        count: number;
        row: number;
      }[]) {
        for (let i = 0; i < run.count; i++) rows[run.first + i] = run.row + i;
      }
      for (let i = 0; i < count; i++) {
        if (rows[i] === 0) rows[i] = (find[table].get(digest(i)) as number | undefined) ?? 0;
      }
      return rows;
    },

    /** Packages of a name, of any build. */
    named: (name: string): number[] => named.all(name) as number[],

    /**
     * The builds that advisories ship, from one row to another: for each advisory, in the order in which it lists them,
     * whether a package of that build is among those that `remains` takes.
     */
    *shipped(
      first: number,
      last: number,
      remains: (row: number) => boolean,
    ): Generator<{ advisory: number; entries: boolean[] }> {
      let current: { advisory: number; entries: boolean[] } | undefined;
      let entry = 0;
      for (const [advisory, rowid, row] of shipped.iterate(first, last) as Iterable<
        [number, number, number | null]
      >) {
        if (current?.advisory !== advisory) {
          if (current) yield current;
          current = { advisory, entries: [] };
          entry = 0;
        }
        const there = row !== null && remains(row);
        if (rowid === entry) current.entries[current.entries.length - 1] ||= there;
        else current.entries.push(there);
        entry = rowid;
      }
      if (current) yield current;
    },

    close: () => db.close(),
  };
}
