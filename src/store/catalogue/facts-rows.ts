import { LRUCache } from 'lru-cache';
import type { Objects } from '../objects/objects.ts';
import { readTree, withPacks } from '../objects/tree.ts';
import type { Sqlite } from '../sqlite.ts';
import { finder } from './rows.ts';

/** The rows of a tree's fragments. */
export interface TreeRows {
  /** In the order of the document; a fragment that stands there twice is there twice, one without a row not at all. */
  rows: Uint32Array;
  /** How many fragments have no row: they could not be read. */
  unreadable: number;
}

const kept = 64;

/** Looks the rows of trees up. */
export function createTreeRows(db: Sqlite) {
  const overlapping = db
    .prepare(
      'SELECT first, count, row FROM pack_rows WHERE pack = ? AND first < ? AND first + count > ? ORDER BY first',
    )
    .raw();
  const find = {
    package: finder(db, 'package', 'fragment'),
    advisory: finder(db, 'advisory', 'fragment'),
  };
  const known = new LRUCache<string, TreeRows>({ max: kept });

  /** Throws AppErrors where objects are missing or damaged. */
  return async (
    objects: Objects,
    table: 'package' | 'advisory',
    tree: string | undefined,
  ): Promise<TreeRows> => {
    if (tree === undefined) return { rows: new Uint32Array(), unreadable: 0 };
    const before = known.get(tree);
    if (before) return before;
    const { runs } = await readTree(objects, tree);
    const rows = new Uint32Array(runs.reduce((sum, [, , count]) => sum + count, 0));
    let unreadable = 0;
    let at = 0;
    await withPacks(objects, async (open) => {
      for (const [pack, first, count] of runs) {
        const end = first + count;
        const start = at - first;
        const found = overlapping.all(Buffer.from(pack, 'hex'), end, first) as number[][];
        for (const [from, many, row] of found as [number, number, number][]) {
          for (let i = Math.max(from, first); i < Math.min(from + many, end); i++) {
            rows[start + i] = row + i - from;
          }
        }
        at += count;
        if (!rows.subarray(start + first, at).includes(0)) continue;
        const reader = await open(pack);
        for (let i = first; i < end; i++) {
          if (rows[start + i] !== 0) continue;
          const row = find[table](reader.digest(i));
          if (row === undefined) unreadable++;
          else rows[start + i] = row;
        }
      }
    });
    const result = { rows: unreadable > 0 ? rows.filter((row) => row !== 0) : rows, unreadable };
    known.set(tree, result);
    return result;
  };
}
