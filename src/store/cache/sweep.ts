import { readdirSync, rmSync, statSync } from 'node:fs';
import type { DataPaths } from '../paths.ts';
import type { Sqlite } from '../sqlite.ts';
import type { StoredFile } from './renders.ts';

/** What went, or would go. */
export interface Swept {
  /** Files, and their bytes. */
  count: number;
  bytes: number;
}

/**
 * Removes renders that were last asked for before that day; pieces that belong to no other and were not used since either; and
 * files that then hold little of worth. Where less than a third of a file is, that goes with it, and the renders that need it:
 * they are made again when they are asked for. With `dryRun` nothing goes.
 */
export function sweep(
  db: Sqlite,
  paths: DataPaths,
  { usedBefore, dryRun }: { usedBefore: number; dryRun: boolean },
): Swept {
  db.exec('BEGIN');
  let files: { number: number; size: number }[];
  try {
    files = drop(db, paths, usedBefore);
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
  db.exec(dryRun ? 'ROLLBACK' : 'COMMIT');
  // Rows first: nothing names a file that is not there.
  if (!dryRun) for (const { number } of files) rmSync(paths.pieceFile(number), { force: true });
  return { count: files.length, bytes: files.reduce((sum, f) => sum + f.size, 0) };
}

/** Drops rows; gives the files that go. */
function drop(db: Sqlite, paths: DataPaths, usedBefore: number) {
  db.prepare('DELETE FROM render WHERE used < ?').run(usedBefore);
  db.prepare('DELETE FROM pack_index WHERE used < ?').run(usedBefore);
  const { ranges, users } = needs(db);
  const old = db.prepare('SELECT key, file, offset FROM piece WHERE used < ?').all(usedBefore);
  const dropPiece = db.prepare('DELETE FROM piece WHERE key = ?');
  for (const { key, file, offset } of old as { key: Buffer; file: number; offset: number }[]) {
    if (!covers(ranges.get(file) ?? [], offset)) dropPiece.run(key);
  }
  const live = db.prepare('SELECT total(length) FROM piece WHERE file = ?').pluck();
  const dropRender = db.prepare('DELETE FROM render WHERE key = ?');
  const files: { number: number; size: number }[] = [];
  for (const number of readdirSync(paths.pieces).map(Number)) {
    const { size } = statSync(paths.pieceFile(number));
    if ((live.get(number) as number) * 3 >= size) continue;
    for (const key of users.get(number) ?? []) dropRender.run(key);
    db.prepare('DELETE FROM piece WHERE file = ?').run(number);
    files.push({ number, size });
  }
  return files;
}

type Range = [start: number, end: number];

/** Which bytes of files the renders that are there need, and which renders need a file. */
function needs(db: Sqlite): { ranges: Map<number, Range[]>; users: Map<number, Set<Buffer>> } {
  const ranges = new Map<number, Range[]>();
  const users = new Map<number, Set<Buffer>>();
  const renders = db.prepare('SELECT key, files FROM render').iterate();
  for (const { key, files } of renders as Iterable<{ key: Buffer; files: string }>) {
    for (const part of (JSON.parse(files) as StoredFile[]).flatMap((f) => f.parts)) {
      if ('bytes' in part || part.in !== 'cache') continue;
      const file = Number(part.name);
      const own = ranges.get(file) ?? [];
      own.push([part.offset, part.offset + part.length]);
      ranges.set(file, own);
      users.set(file, (users.get(file) ?? new Set()).add(key));
    }
  }
  for (const [file, own] of ranges) ranges.set(file, merged(own));
  return { ranges, users };
}

/** Ranges in order, those that touch as one. */
function merged(ranges: Range[]): Range[] {
  const result: Range[] = [];
  for (const [start, end] of ranges.sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

/** Whether a place lies in one of the ranges, which are in order. */
function covers(ranges: readonly Range[], place: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]![1] <= place) low = middle + 1;
    else high = middle;
  }
  return ranges[low] !== undefined && ranges[low]![0] <= place;
}
