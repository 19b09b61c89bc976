import { closeSync, fdatasync, openSync, readdirSync, statSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { syncFolder } from '../objects/durable.ts';
import type { DataPaths } from '../paths.ts';

/** A run of bytes in a file of the cache. */
export interface PiecePlace {
  /** The file's number: `paths.pieceFile`. */
  file: number;
  offset: number;
  length: number;
}

/** A file takes no more pieces beyond so many bytes, so that space comes free in parts. */
const fullAt = 128 * 1024 * 1024;

/**
 * The last number that this process used, by folder: none is used again while somebody may remember what stood there, even if
 * the folder was removed.
 */
const highest = new Map<string, number>();

/** Writes pieces one after the other into files that are only ever appended to. */
export function createPieceFiles(paths: DataPaths) {
  let current: { number: number; fd: number; size: number; dirty: boolean } | undefined;
  const left: number[] = [];

  function open(): NonNullable<typeof current> {
    if (current && current.size < fullAt) return current;
    rotate();
    const numbers = readdirSync(paths.pieces).map(Number).filter(Number.isInteger);
    const used = highest.get(paths.pieces);
    const last = Math.max(0, used ?? 0, ...numbers);
    const size = statSync(paths.pieceFile(last), { throwIfNoEntry: false })?.size ?? fullAt;
    const number = size < fullAt && used === undefined ? last : last + 1;
    highest.set(paths.pieces, number);
    const fd = openSync(paths.pieceFile(number), 'a', 0o600);
    current = { number, fd, size: number === last ? size : 0, dirty: false };
    return current;
  }

  /** Begins a new file with the next piece. */
  function rotate(): void {
    if (!current) return;
    if (current.dirty) left.push(current.fd);
    else closeSync(current.fd);
    current = undefined;
  }

  return {
    rotate,

    append(bytes: Buffer): PiecePlace {
      const target = open();
      const place = { file: target.number, offset: target.size, length: bytes.length };
      for (let done = 0; done < bytes.length; ) done += writeSync(target.fd, bytes, done);
      target.size += bytes.length;
      target.dirty = true;
      return place;
    },

    /** Makes what was appended survive a power cut. */
    async sync(): Promise<void> {
      const full = left.splice(0);
      if (!current?.dirty && full.length === 0) return;
      if (current?.dirty) {
        current.dirty = false;
        await flush(current.fd);
      }
      for (const fd of full) {
        await flush(fd);
        closeSync(fd);
      }
      await syncFolder(paths.pieces);
    },

    close(): void {
      rotate();
      for (const fd of left.splice(0)) closeSync(fd);
    },
  };
}

const flush = promisify(fdatasync);
