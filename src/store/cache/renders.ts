import { statSync } from 'node:fs';
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
  type: string;
  sha256: string;
  size: number;
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
