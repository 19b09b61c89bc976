import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checksum } from '../../base/digest.ts';
import { AppError, errorCode } from '../../base/errors.ts';
import type { DataPaths } from '../paths.ts';
import { type Promote, writeDurably } from './durable.ts';
import { createIncoming, type Incoming } from './incoming.ts';

/** Immutable bytes named by their sha256, as 64 lower-case hexadecimal digits. */
export type Objects = ReturnType<typeof createObjects>;

/** A stored object's file. */
export interface StoredObject {
  sha256: string;
  path: string;
  size: number;
}

/** Opens the object store of a data folder. Folders are made as they are needed. */
export function createObjects(paths: DataPaths) {
  /** The object's file, or undefined if there is no such object. */
  async function find(sha256: string): Promise<StoredObject | undefined> {
    const path = paths.object(sha256);
    const info = await stat(path).catch(absent);
    return info ? { sha256, path, size: info.size } : undefined;
  }

  /** The object of a checksum of any type. */
  async function findBy(checksum: Checksum): Promise<StoredObject | undefined> {
    const name = await nameOf(checksum);
    return name === undefined ? undefined : find(name);
  }

  /** The sha256 of the object that has, or had, a checksum of any type; undefined where there was none. */
  async function nameOf(checksum: Checksum): Promise<string | undefined> {
    if (checksum.type === 'sha256') return checksum.value;
    const alias = await readFile(paths.alias(checksum.type, checksum.value), 'latin1').catch(
      absent,
    );
    // One that is damaged counts as none.
    return alias && /^[0-9a-f]{64}$/.test(alias) ? alias : undefined;
  }

  /** Makes the object findable by another checksum. */
  async function alias(checksum: Checksum, sha256: string, promote?: Promote): Promise<void> {
    if (checksum.type === 'sha256') return;
    const place = paths.alias(checksum.type, checksum.value);
    await writeDurably(place, sha256, { tmp: paths.tmp, promote });
  }

  /** Takes back what `alias` said. */
  async function unalias(checksum: Checksum): Promise<void> {
    if (checksum.type === 'sha256') return;
    await rm(paths.alias(checksum.type, checksum.value), { force: true });
  }

  /** The object's bytes as a stream. Throws AppError 'not_found'. */
  async function stream(sha256: string): Promise<AsyncIterable<Buffer>> {
    if (!(await find(sha256))) throw missing(sha256);
    return createReadStream(paths.object(sha256), { highWaterMark: 256 * 1024 });
  }

  /** The object's bytes, whole. Throws AppError 'not_found'. */
  async function read(sha256: string): Promise<Buffer> {
    const bytes = await readFile(paths.object(sha256)).catch((error) => {
      // A folder is none.
      return errorCode(error) === 'EISDIR' ? undefined : absent(error);
    });
    if (!bytes) throw missing(sha256);
    return bytes;
  }

  /** Starts an object whose bytes arrive over time. */
  async function incoming(): Promise<Incoming> {
    await mkdir(paths.tmp, { recursive: true });
    return createIncoming(paths);
  }

  /** Stores bytes; gives their sha256. */
  async function put(bytes: Uint8Array): Promise<string> {
    const target = await incoming();
    try {
      await target.write(bytes);
      return (await target.commit()).sha256;
    } finally {
      await target.discard();
    }
  }

  /** Removes what an earlier process left half-written. Only for the holder of the folder's lock. */
  async function sweepTemporary(): Promise<number> {
    const left = await readdir(paths.tmp).catch(() => []);
    for (const name of left) await rm(join(paths.tmp, name), { recursive: true, force: true });
    return left.length;
  }

  /** Bytes that may still be written in the data folder's file system. */
  async function freeBytes(): Promise<number> {
    const info = await statfs(paths.root);
    return info.bavail * info.bsize;
  }

  return {
    find,
    findBy,
    nameOf,
    alias,
    unalias,
    stream,
    read,
    incoming,
    put,
    sweepTemporary,
    freeBytes,
  };
}

function absent(error: unknown): undefined {
  if (errorCode(error) === 'ENOENT') return undefined;
  throw error;
}

const missing = (sha256: string) =>
  new AppError('not_found', `object ${sha256} is missing from the data folder`, {
    hint: '`headwater doctor` says what current revisions lack; a sync fetches upstream files again',
  });
