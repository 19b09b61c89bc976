import { statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { BitSet } from '../../base/bit-set.ts';
import type { DataPaths } from '../paths.ts';
import { openForReading, type Sqlite } from '../sqlite.ts';

/** A revision as clients read it. `files` is what its maker wants it to be, with the parts of each file. */
export interface StoredRender {
  /** In hexadecimal digits. */
  key: string;
  files: StoredFile[];
  packages: BitSet;
  catalogue: string;
  remarks: string[];
}

export interface StoredFile {
  path: string;
  /** As in repomd.xml. */
  type: string;
  sha256: string;
  size: number;
  /** Where its bytes stand, one part after the other. */
  parts: StoredPart[];
}

/** Bytes of a file of the cache or of an object, or the bytes themselves (base64). */
export type StoredPart =
  | { in: 'cache' | 'object'; name: string; offset: number; length: number }
  | { bytes: string };

export function writeRender(db: Sqlite, render: StoredRender, day: number): void {
  const { key, files, packages, catalogue, remarks } = render;
  db.prepare('INSERT OR REPLACE INTO render VALUES (?, ?, ?, ?, ?, ?)').run(
    Buffer.from(key, 'hex'),
    JSON.stringify(files),
    packages.bytes(),
    catalogue,
    JSON.stringify(remarks),
    day,
  );
}

/** Reads renders that another thread writes. */
export function openRenders(paths: DataPaths) {
  const db = openForReading(paths.cacheDatabase);
  const find = db.prepare('SELECT files, packages, catalogue, remarks FROM render WHERE key = ?');
  return {
    find(key: string): StoredRender | undefined {
      const row = find.get(Buffer.from(key, 'hex')) as
        | { files: string; packages: Buffer; catalogue: string; remarks: string }
        | undefined;
      return (
        row && {
          key,
          files: JSON.parse(row.files),
          packages: BitSet.from(row.packages),
          catalogue: row.catalogue,
          remarks: JSON.parse(row.remarks),
        }
      );
    },
    close: () => db.close(),
  };
}

export const placeOf = (
  paths: DataPaths,
  part: { in: 'cache' | 'object'; name: string },
): string => (part.in === 'cache' ? paths.pieceFile(Number(part.name)) : paths.object(part.name));

const chunkSize = 256 * 1024;

/**
 * The bytes of a file from `start` to before `end`, out of the files that hold its parts; fewer where one is cut short. Each
 * is opened once, when its first part is needed.
 */
export async function* readParts(
  paths: DataPaths,
  { size, parts }: Pick<StoredFile, 'size' | 'parts'>,
  { start = 0, end = size }: { start?: number; end?: number } = {},
): AsyncGenerator<Buffer> {
  const files = new Map<string, FileHandle>();
  try {
    let at = 0;
    for (const part of parts) {
      if (at >= end) break;
      const bytes = 'bytes' in part ? Buffer.from(part.bytes, 'base64') : undefined;
      const length = 'bytes' in part ? bytes!.length : part.length;
      const from = Math.max(0, start - at);
      const to = Math.min(length, end - at);
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

/** Whether all that a file is made of is there. */
export function isWhole(paths: DataPaths, { parts }: { parts: readonly StoredPart[] }): boolean {
  const ends = new Map<string, number>();
  for (const part of parts) {
    if ('bytes' in part) continue;
    const place = placeOf(paths, part);
    ends.set(place, Math.max(ends.get(place) ?? 0, part.offset + part.length));
  }
  return [...ends].every(([place, end]) => {
    const info = statSync(place, { throwIfNoEntry: false });
    return info !== undefined && info.size >= end;
  });
}
