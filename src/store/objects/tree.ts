import { type FileHandle, open } from 'node:fs/promises';
import { AppError } from '../../base/errors.ts';
import { readJson } from './json.ts';
import type { Objects } from './objects.ts';
import { openPack, type PackReader } from './pack.ts';

/** One document of one revision: fragments in order, as runs over packs, and the root's tags around them. */
export interface Tree {
  open: string;
  close: string;
  runs: Run[];
}

/** `count` fragments of the pack with that sha256, from number `first` on. */
export type Run = [pack: string, first: number, count: number];

/** Collects runs; neighbours in one pack become one. */
export function addToRuns(runs: Run[], pack: string, index: number): void {
  const last = runs.at(-1);
  if (last && last[0] === pack && last[1] + last[2] === index) last[2]++;
  else runs.push([pack, index, 1]);
}

export async function putTree(objects: Objects, tree: Tree): Promise<string> {
  return objects.put(Buffer.from(JSON.stringify({ headwater: 'tree', version: 1, ...tree })));
}

/** Throws AppError 'not_found' or 'invalid'. */
export async function readTree(objects: Objects, sha256: string): Promise<Tree> {
  return readJson<Tree>(objects, sha256, 'tree');
}

/** Calls `use` with a function that opens packs, each once; they are closed when it has ended. */
export async function withPacks<T>(
  objects: Objects,
  use: (open: (sha256: string) => Promise<PackReader>) => Promise<T>,
): Promise<T> {
  const packs = new Map<string, Promise<PackReader>>();
  const files: FileHandle[] = [];
  const openOne = async (sha256: string): Promise<PackReader> => {
    const object = await objects.find(sha256);
    if (!object) throw new AppError('not_found', `pack ${sha256} is missing from the data folder`);
    const file = await open(object.path, 'r');
    files.push(file);
    return openPack(object.size, async (start, length) => {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, start);
      if (bytesRead < length) throw new AppError('invalid', `pack ${sha256} is cut short`);
      return buffer;
    });
  };
  try {
    return await use((sha256) => {
      const pack = packs.get(sha256) ?? openOne(sha256);
      packs.set(sha256, pack);
      return pack;
    });
  } finally {
    for (const file of files) await file.close();
  }
}
