import { type FileHandle, open } from 'node:fs/promises';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { AppError } from '../../base/errors.ts';
import { checkedJson } from './json.ts';
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

/**
 * A tree as it is stored: `HWTREE2`, a newline, and JSON compressed with zstd. Of each run the number of its pack, how many
 * fragments of that pack are passed over since the run of it before, and how many there are: mostly small numbers, as a tree
 * grows by a run or two with each package that changes. Trees of version 1 are JSON with the runs themselves.
 */
interface StoredTree {
  open: string;
  close: string;
  packs: string[];
  pack: number[];
  skip: number[];
  count: number[];
}

const magic = Buffer.from('HWTREE2\n', 'latin1');
const level = {
  params: { [constants.ZSTD_c_compressionLevel]: 9, [constants.ZSTD_c_checksumFlag]: 1 },
};
const mostBytes = 512 * 1024 * 1024;

export async function putTree(objects: Objects, { open, close, runs }: Tree): Promise<string> {
  const numbers = new Map<string, number>();
  const ends: number[] = [];
  const stored: StoredTree = { open, close, packs: [], pack: [], skip: [], count: [] };
  for (const [name, first, count] of runs) {
    let pack = numbers.get(name);
    if (pack === undefined) {
      pack = stored.packs.push(name) - 1;
      numbers.set(name, pack);
    }
    stored.pack.push(pack);
    stored.skip.push(first - (ends[pack] ?? 0));
    stored.count.push(count);
    ends[pack] = first + count;
  }
  const text = JSON.stringify({ headwater: 'tree', version: 2, ...stored });
  return objects.put(Buffer.concat([magic, zstdCompressSync(text, level)]));
}

/** Throws AppError 'not_found' or 'invalid'. */
export async function readTree(objects: Objects, sha256: string): Promise<Tree> {
  const bytes = await objects.read(sha256);
  if (!bytes.subarray(0, magic.length).equals(magic)) {
    return checkedJson<Tree>(bytes.toString('utf8'), sha256, 'tree');
  }
  const text = opened(bytes.subarray(magic.length), sha256);
  const { open, close, packs, pack, skip, count } = checkedJson<StoredTree>(text, sha256, 'tree');
  const ends: number[] = [];
  const runs = pack.map((number, i): Run => {
    const first = (ends[number] ?? 0) + skip[i]!;
    ends[number] = first + count[i]!;
    return [packs[number]!, first, count[i]!];
  });
  return { open, close, runs };
}

function opened(bytes: Buffer, sha256: string): string {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: mostBytes }).toString('utf8');
  } catch (error) {
    throw new AppError('invalid', `object ${sha256} is no tree, or it is damaged`, {
      cause: error,
    });
  }
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
