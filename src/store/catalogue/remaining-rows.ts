import { openForReading } from '../sqlite.ts';

/**
 * The builds that advisories ship, as columns: the advisory's row, a number for each of its entries, ascending in the order in
 * which it lists them, and the row of a package that is that build, 0 if there is none. An entry that several are stands there
 * as often.
 */
export interface Shipped {
  advisory: Int32Array;
  entry: Int32Array;
  row: Int32Array;
}

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

  const version = db
    .prepare(
      "SELECT (SELECT id FROM identity) || ' ' || id || ' ' || hex(fragment) FROM package ORDER BY id DESC",
    )
    .pluck();

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

    /** The builds that the advisories of these rows, which are in ascending order, ship. */
    shipped(advisories: Int32Array): Shipped {
      const found = { advisory: [] as number[], entry: [] as number[], row: [] as number[] };
      for (const [first, last] of nearRanges(advisories)) {
        for (const [advisory, entry, row] of shipped.iterate(first, last) as Iterable<
          [number, number, number | null]
        >) {
          found.advisory.push(advisory);
          found.entry.push(entry);
          found.row.push(row ?? 0);
        }
      }
      const packed = (numbers: number[]) => Int32Array.from(numbers);
      return {
        advisory: packed(found.advisory),
        entry: packed(found.entry),
        row: packed(found.row),
      };
    },

    /** Changes when rows of packages come or go. */
    version: (): string => version.get() as string,

    close: () => db.close(),
  };
}

/** Rows that nearly follow one another are asked for together. */
function* nearRanges(ascending: Int32Array): Generator<[first: number, last: number]> {
  for (let i = 0; i < ascending.length; ) {
    const first = ascending[i]!;
    let last = first;
    for (i++; i < ascending.length && ascending[i]! <= last + 8; i++) last = ascending[i]!;
    yield [first, last];
  }
}
