import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../base/errors.ts';
import { announceCollecting } from '../../base/steps.ts';
import type { DataPaths } from '../paths.ts';
import type { Kind } from './marks.ts';

/** A file of the data folder. `time` in milliseconds since 1970: when it was written or last asked for. */
export interface FoundFile {
  path: string;
  size: number;
  time: number;
}

export interface FoundObject extends FoundFile {
  name: string;
}

/** The folders that objects, or aliases of a type, are spread over. */
export const spreads: readonly string[] = Array.from({ length: 256 }, (_, i) =>
  i.toString(16).padStart(2, '0'),
);

/** The objects of one folder. Synchronous, as all here: for a thread of its own, which takes no turns from others. */
export function* objectsOf(paths: DataPaths, folder: string): Generator<FoundObject> {
  const at = join(paths.objects, folder);
  for (const end of namesIn(at)) {
    const found = fileAt(join(at, end));
    if (found && /^[0-9a-f]{62}$/.test(end)) yield { ...found, name: folder + end };
  }
}

/** Aliases whose objects are gone. */
export function* looseAliases(paths: DataPaths, isThere: (name: string) => boolean) {
  for (const type of namesIn(paths.aliases)) {
    for (const folder of namesIn(join(paths.aliases, type))) {
      const at = join(paths.aliases, type, folder);
      for (const end of namesIn(at)) {
        const found = fileAt(join(at, end));
        if (found && !isThere(readFileSync(found.path, 'latin1'))) yield found;
      }
    }
  }
}

/** Files that are being written, or were. */
export function* temporaryFiles(paths: DataPaths): Generator<FoundFile> {
  for (const name of namesIn(paths.tmp)) {
    const found = fileAt(join(paths.tmp, name));
    if (found) yield found;
  }
}

/** What an object is that no revision leads to, by its first bytes. */
export function sniff({ path }: FoundFile): Kind {
  const head = Buffer.alloc(24);
  try {
    const file = openSync(path, 'r');
    readSync(file, head, 0, head.length, 0);
    closeSync(file);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  if (head.readUInt32BE(0) === 0xedabeedb) return 'rpms';
  const text = head.toString('latin1');
  if (text.startsWith('HWPACK1') || text.startsWith('HWTREE') || text.includes('"tree"')) {
    return 'packs';
  }
  return text.startsWith('{"headwater":') ? 'revisions' : 'documents';
}

/** Removes a file unless it became younger than that. Gives whether it is gone by this. */
export function removeOld({ path }: FoundFile, before: number): boolean {
  const now = fileAt(path);
  if (!now || now.time >= before) return false;
  try {
    unlinkSync(path);
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
  announceCollecting('file removed');
  return true;
}

/** A folder's names; none where there is no such folder. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

function fileAt(path: string): FoundFile | undefined {
  try {
    const info = statSync(path);
    return info.isFile() ? { path, size: info.size, time: info.mtimeMs } : undefined;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

const isGone = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '');
