import { createReadStream } from 'node:fs';
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

/** The bytes of a rendered file. */
export function joined(paths: DataPaths, file: RenderedFile): Bytes {
  return {
    size: file.size,
    read: (start, end) => readParts(paths, file, { start, end: end + 1 }),
  };
}
