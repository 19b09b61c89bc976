import type { BitSet } from '../../base/bit-set.ts';
import type { Objects } from '../objects/objects.ts';
import { readTree, withPacks } from '../objects/tree.ts';
import type { Sqlite } from '../sqlite.ts';
import { finder } from './rows.ts';

/** A fragment of primary; its bytes hold until `take` returns. */
export interface RowFragment {
  /** Its row in the table `package`; undefined where it could not be read as a package. */
  row: number | undefined;
  bytes: Buffer;
}

/**
 * Calls `take` with the fragments of a tree of primary whose rows are wanted, in order; with 'all' also with those that have
 * no row. `except` leaves rows out. Packs are opened, and their groups read, only where something in them is wanted.
 */
export async function forRowFragments(
  { db, objects }: { db: Sqlite; objects: Objects },
  { tree, rows, except }: { tree: string; rows: BitSet | 'all'; except?: BitSet },
  take: (fragment: RowFragment) => void,
): Promise<void> {
  const rowsIn = rowReader(db);
  const find = finder(db, 'package', 'fragment');
  const isWanted = (row: number | undefined) =>
    row === undefined ? rows === 'all' : (rows === 'all' || rows.has(row)) && !except?.has(row);
  const { runs } = await readTree(objects, tree);
  await withPacks(objects, async (open) => {
    for (const [pack, first, count] of runs) {
      const rowOf = new Map(rowsIn(pack, first, count));
      if (rowOf.size < count) {
        // They could not be read, or nobody has noted their rows yet.
        const reader = await open(pack);
        for (let i = first; i < first + count; i++) {
          const row = rowOf.has(i) ? undefined : find(reader.digest(i));
          if (row !== undefined) rowOf.set(i, row);
        }
      }
      const wanted = (i: number) => isWanted(rowOf.get(i));
      let any = false;
      for (let i = first; i < first + count && !any; i++) any = wanted(i);
      if (!any) continue;
      for await (const { index, bytes } of (await open(pack)).fragments(first, count, wanted)) {
        take({ row: rowOf.get(index), bytes });
      }
    }
  });
}

/** Gives the fragments of a pack that have rows, with these. */
function rowReader(db: Sqlite) {
  const overlapping = db.prepare(
    'SELECT first, count, row FROM pack_rows WHERE pack = ? AND first < ? AND first + count > ?',
  );
  return function* (pack: string, first: number, count: number): Generator<[number, number]> {
    const end = first + count;
    for (const run of overlapping.all(Buffer.from(pack, 'hex'), end, first) as PackRun[]) {
      const to = Math.min(run.first + run.count, end);
      for (let i = Math.max(run.first, first); i < to; i++) yield [i, run.row + i - run.first];
    }
  };
}

interface PackRun {
  first: number;
  count: number;
  row: number;
}
