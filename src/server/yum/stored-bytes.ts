import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import type { RenderedFile } from '../../channels/render/rendered.ts';
import { readParts } from '../../store/cache/renders.ts';
import type { DataPaths } from '../../store/paths.ts';
import type { Bytes } from './ranges.ts';

const chunkSize = 256 * 1024;

/** The bytes of one file. */
export function stored(object: { path: string; size: number }): Bytes {
  return {
    size: object.size,
    read: (start, end) => createReadStream(object.path, { start, end, highWaterMark: chunkSize }),
  };
}

/** Bytes that are in memory. */
export function inMemory(whole: Buffer): Bytes {
  return {
    size: whole.length,
    whole,
    async *read(start, end) {
      yield whole.subarray(start, end + 1);
    },
  };
}

/** Files up to this size are kept in memory, of all together so many bytes. */
const small = 64 * 1024;
const most = 16 * 1024 * 1024;

/** Reads files that never change: small ones, such as repomd.xml, once. */
export function createStoredReader() {
  const known = new LRUCache<string, Buffer>({
    maxSize: most,
    sizeCalculation: (b) => b.length || 1,
  });

  return async (object: { path: string; size: number }): Promise<Bytes> => {
    if (object.size > small) return stored(object);
    const before = known.get(object.path);
    if (before?.length === object.size) return inMemory(before);
    const bytes = await readFile(object.path);
    if (bytes.length !== object.size) return stored(object);
    known.set(object.path, bytes);
    return inMemory(bytes);
  };
}

/** The bytes of a rendered file. */
export function joined(paths: DataPaths, file: RenderedFile): Bytes {
  return {
    size: file.size,
    read: (start, end) => readParts(paths, file, { start, end: end + 1 }),
  };
}
