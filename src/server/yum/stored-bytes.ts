import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { RenderedFile } from '../../channels/render/rendered.ts';
import { placeOf } from '../../store/cache/renders.ts';
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

/** The bytes of a rendered file, out of those that hold its parts. Each is opened once, when its first part is needed. */
export function joined(paths: DataPaths, { size, parts }: RenderedFile): Bytes {
  async function* read(start: number, end: number): AsyncGenerator<Buffer> {
    const files = new Map<string, FileHandle>();
    try {
      let at = 0;
      for (const part of parts) {
        if (at > end) break;
        const bytes = 'bytes' in part ? Buffer.from(part.bytes, 'base64') : undefined;
        const length = bytes ? bytes.length : (part as { length: number }).length;
        const from = Math.max(0, start - at);
        const to = Math.min(length, end + 1 - at);
        at += length;
        if (from >= to) continue;
        if ('bytes' in part) {
          yield bytes!.subarray(from, to);
          continue;
        }
        const place = placeOf(paths, part);
        const file = files.get(place) ?? (await open(place, 'r'));
        files.set(place, file);
        yield* chunks(file, part.offset + from, part.offset + to);
      }
    } finally {
      for (const file of files.values()) await file.close();
    }
  }
  return { size, read };
}

async function* chunks(file: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; ) {
    const length = Math.min(chunkSize, end - at);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
    // Cut short: whoever sends it notices that there are too few.
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
