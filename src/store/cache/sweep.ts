import { readdirSync, rmSync, statSync } from 'node:fs';
import type { DataPaths } from '../paths.ts';
import type { Sqlite } from '../sqlite.ts';
import type { StoredFile } from './renders.ts';

export interface Swept {
  renders: number;
  pieces: number;
  /** Bytes of files that were removed. */
  bytes: number;
}

/**
 * Removes renders but for those to keep; pieces that belong to none of these and were last used before that day; and files
 * that then hold no piece of worth. A file of which less than a third is of worth goes with its pieces and the renders
 * that need them: they are made again where they are asked for.
 */
export function sweep(
  db: Sqlite,
  paths: DataPaths,
  { keep, usedBefore }: { keep: ReadonlySet<string>; usedBefore: number },
): Swept {
  const swept: Swept = { renders: 0, pieces: 0, bytes: 0 };
  const needed = new Map<number, [start: number, end: number][]>();
  const users = new Map<number, string[]>();
  const drop = db.prepare('DELETE FROM render WHERE key = ?');
  const keys = db.prepare('SELECT lower(hex(key)) FROM render').pluck().all() as string[];
  const filesOf = db.prepare('SELECT files FROM render WHERE key = ?').pluck();
  db.transaction(() => {
    for (const key of keys) {
      if (!keep.has(key)) {
        swept.renders += drop.run(Buffer.from(key, 'hex')).changes;
        continue;
      }
      const files: StoredFile[] = JSON.parse(filesOf.get(Buffer.from(key, 'hex')) as string);
      for (const part of files.flatMap((f) => f.parts)) {
        if ('bytes' in part || part.in !== 'cache') continue;
        const file = Number(part.name);
        needed.set(file, [...(needed.get(file) ?? []), [part.offset, part.offset + part.length]]);
        const own = users.get(file) ?? [];
        users.set(file, own);
        if (own.at(-1) !== key) own.push(key);
      }
    }
    for (const [file, ranges] of needed) needed.set(file, merged(ranges));
    const old = db
      .prepare('SELECT key, file, offset, length FROM piece WHERE used < ?')
      .all(usedBefore) as { key: Buffer; file: number; offset: number; length: number }[];
    const dropPiece = db.prepare('DELETE FROM piece WHERE key = ?');
    for (const { key, file, offset } of old) {
      if (covers(needed.get(file) ?? [], offset)) continue;
      swept.pieces += dropPiece.run(key).changes;
    }
    db.prepare('DELETE FROM pack_index WHERE used < ?').run(usedBefore);
  })();
  const live = new Map<number, number>(
    (
      db.prepare('SELECT file, sum(length) AS bytes FROM piece GROUP BY file').all() as {
        file: number;
        bytes: number;
      }[]
    ).map(({ file, bytes }) => [file, bytes]),
  );
  for (const name of readdirSync(paths.pieces)) {
    const file = Number(name);
    const { size } = statSync(paths.pieceFile(file));
    if ((live.get(file) ?? 0) * 3 >= size) continue;
    db.transaction(() => {
      for (const key of users.get(file) ?? []) drop.run(Buffer.from(key, 'hex'));
      swept.pieces += db.prepare('DELETE FROM piece WHERE file = ?').run(file).changes;
    })();
    rmSync(paths.pieceFile(file), { force: true });
    swept.bytes += size;
  }
  return swept;
}

/** Ranges in order, those that touch as one. */
function merged(ranges: [number, number][]): [number, number][] {
  const result: [number, number][] = [];
  for (const [start, end] of ranges.sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

/** Whether a place lies in one of the ranges, which are in order. */
function covers(ranges: readonly [number, number][], place: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]![1] <= place) low = middle + 1;
    else high = middle;
  }
  return ranges[low] !== undefined && ranges[low]![0] <= place;
}
