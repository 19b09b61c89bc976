import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChecksumType, type PassingHash, passingHash } from '../../base/digest.ts';
import { errorCode } from '../../base/errors.ts';
import type { DataPaths } from '../paths.ts';
import { type Promote, promote } from './durable.ts';
import type { StoredObject } from './objects.ts';

/** An object that is being written, and may be read by others meanwhile. */
export interface Incoming {
  /** Bytes written so far. */
  readonly written: number;
  /** Says how many bytes will come, so that they may be read while they arrive. Without it readers wait for the end. */
  expect(size: number): void;
  /** Starts hashing for one more checksum type; before the first write. */
  hashFor(type: ChecksumType): void;
  write(chunk: Uint8Array): Promise<void>;
  /** Bytes that were written already, for whoever writes them: before the commit, and however few they are. */
  peek(start: number, length: number): Promise<Buffer>;
  /** What the bytes hash to; ends the writing. */
  digest(): ReturnType<PassingHash['digest']>;
  /** Puts the object in its place under its sha256. The temporary file is gone. Nothing to do if it was there. */
  commit(options?: CommitOptions): Promise<StoredObject>;
  /** Removes what was written, unless it was committed. Readers that wait get `reason`. */
  discard(reason?: unknown): Promise<void>;
  /**
   * Bytes `start` to `end` (inclusive) while they arrive. The very last bytes of the object are given only
   * after the commit, so that nobody holds a whole object that was not verified.
   */
  read(start: number, end: number): AsyncGenerator<Buffer>;
}

export interface CommitOptions {
  /** Takes the place of what is there, although it has the same size: it is known to be damaged. */
  replace?: boolean | undefined;
  promote?: Promote | undefined;
}

/** How many bytes at the end are held back until the commit. */
const heldBack = 1024;
const readSize = 256 * 1024;

export async function createIncoming(paths: DataPaths): Promise<Incoming> {
  const temporary = join(paths.tmp, randomUUID());
  const handle = await open(temporary, 'wx+', 0o600);
  const events = new EventEmitter().setMaxListeners(0);
  let hash = passingHash();
  let digested: ReturnType<PassingHash['digest']> | undefined;
  let written = 0;
  let size: number | undefined;
  let state: 'open' | 'committed' | 'discarded' = 'open';
  let reason: unknown;
  let discarding: Promise<void> | undefined;
  let place: string | undefined;

  async function write(chunk: Uint8Array): Promise<void> {
    hash.update(chunk);
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, written);
      done += bytesWritten;
      written += bytesWritten;
    }
    events.emit('change');
  }

  async function peek(start: number, length: number): Promise<Buffer> {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, start);
    if (bytesRead < length) throw new RangeError(`bytes ${start}+${length} were not written yet`);
    return buffer;
  }

  function digest() {
    digested ??= hash.digest();
    return digested;
  }

  async function commit(options: CommitOptions = {}): Promise<StoredObject> {
    const { sha256 } = digest();
    const target = paths.object(sha256);
    const there = await stat(target).catch(() => undefined);
    if (there?.size === written && !options.replace) {
      await handle.close();
      await rm(temporary, { force: true });
    } else {
      // A folder would not give way to a file.
      if (there?.isDirectory()) await rm(target, { recursive: true });
      await (options.promote ?? promote)(handle, temporary, target);
    }
    place = target;
    state = 'committed';
    events.emit('change');
    return { sha256, path: target, size: written };
  }

  async function discard(why: unknown = new Error('discarded')): Promise<void> {
    if (state !== 'open') return;
    discarding ??= (async () => {
      await handle.close().catch(() => {});
      await rm(temporary, { force: true });
      reason = why;
      state = 'discarded';
      events.emit('change');
    })();
    await discarding;
  }

  /** How far readers may read now. */
  const readable = () => {
    if (state === 'committed') return written;
    return size === undefined ? 0 : Math.min(written, Math.max(0, size - heldBack));
  };

  /** Opens the file where it is: a commit may move it, or a discard remove it, at the same time. */
  async function openWhereItIs() {
    for (;;) {
      if (state === 'discarded') throw reason;
      const path = place ?? temporary;
      try {
        return await open(path, 'r');
      } catch (error) {
        if (errorCode(error) !== 'ENOENT' || path === place) throw error;
        if (state === 'open') await once(events, 'change');
      }
    }
  }

  async function* read(start: number, end: number): AsyncGenerator<Buffer> {
    const own = await openWhereItIs();
    try {
      for (let at = start; at <= end; ) {
        if (state === 'discarded') throw reason;
        const until = Math.min(readable(), end + 1, at + readSize);
        if (until <= at) {
          if (state === 'committed') return;
          await once(events, 'change');
          continue;
        }
        const { bytesRead, buffer } = await own.read(
          Buffer.allocUnsafe(until - at),
          0,
          until - at,
          at,
        );
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await own.close();
    }
  }

  return {
    get written() {
      return written;
    },
    expect(bytes) {
      size = bytes;
    },
    hashFor(type) {
      hash = passingHash(type);
    },
    write,
    peek,
    digest,
    commit,
    discard,
    read,
  };
}
