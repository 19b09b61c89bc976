import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { AppError } from '../../base/errors.ts';
import { release } from '../../base/memory.ts';
import { deflatePiece, gzipHeader, gzipSum } from '../../repodata/gzip-join.ts';
import type { StoredPart as Part } from '../../store/cache/renders.ts';
import { placeOf } from '../../store/cache/renders.ts';
import type { DataPaths } from '../../store/paths.ts';
import { type Compression, type EncodedPiece, zstdFrame } from './encoder.ts';

/** A document that is ready: what it is made of, and what repomd.xml says of it. */
export interface Assembled {
  parts: Part[];
  sha256: string;
  size: number;
  openSize: number;
}

/** Puts a document together from what stands before its elements, its pieces, and its end. Nothing is compressed twice. */
export async function assemble(
  paths: DataPaths,
  { open, close, pieces }: { open: string; close: string; pieces: AsyncIterable<EncodedPiece> },
  compression: Compression,
): Promise<Assembled> {
  const document = createDocument(paths);
  const sum = gzipSum();
  let openSize = 0;
  const encode = (raw: Buffer) => (compression === 'gzip' ? deflatePiece(raw) : zstdFrame(raw));
  const addText = async (text: string) => {
    const raw = Buffer.from(text);
    openSize += raw.length;
    if (compression === 'gzip') sum.addBytes(raw);
    document.addBytes(await encode(raw));
  };
  try {
    if (compression === 'gzip') document.addBytes(gzipHeader);
    if (open) await addText(open);
    for await (const piece of pieces) {
      openSize += piece.raw;
      if (compression === 'gzip') sum.add(piece.crc, piece.raw);
      document.add(piece);
    }
    if (close) await addText(close);
    if (compression === 'gzip') document.addBytes(sum.footer());
    return { ...document.end(), openSize };
  } finally {
    document.close();
  }
}

/** Little enough for the processor's own memory: what was read is hashed at once. */
const readSize = 128 * 1024;

/** Notes where a document's bytes stand and hashes them. Neighbours become one part, and are read at once. */
function createDocument(paths: DataPaths) {
  const hash = createHash('sha256');
  const parts: Part[] = [];
  let size = 0;
  const files = new Map<string, number>();
  let buffer: Buffer | undefined;
  let unread: { place: string; offset: number; length: number } | undefined;
  let inline: Buffer[] = [];

  function endInline(): void {
    if (inline.length > 0) parts.push({ bytes: Buffer.concat(inline).toString('base64') });
    inline = [];
  }

  function readUnread(): void {
    if (!unread) return;
    const { place, offset, length } = unread;
    unread = undefined;
    const fd = files.get(place) ?? openSync(place, 'r');
    files.set(place, fd);
    buffer ??= Buffer.allocUnsafeSlow(readSize);
    for (let done = 0; done < length; ) {
      const got = readSync(fd, buffer, 0, Math.min(readSize, length - done), offset + done);
      if (got === 0) throw new AppError('invalid', `${place} is cut short`);
      hash.update(buffer.subarray(0, got));
      done += got;
    }
  }

  return {
    addBytes(bytes: Buffer): void {
      readUnread();
      hash.update(bytes);
      size += bytes.length;
      inline.push(bytes);
    },

    add({ in: where, name, offset, length, bytes }: EncodedPiece): void {
      endInline();
      size += length;
      const last = parts.at(-1);
      const follows =
        last &&
        !('bytes' in last) &&
        last.in === where &&
        last.name === name &&
        last.offset + last.length === offset;
      if (follows) last.length += length;
      else parts.push({ in: where, name, offset, length });
      if (bytes) {
        readUnread();
        hash.update(bytes);
        release(bytes);
        return;
      }
      const place = placeOf(paths, { in: where, name });
      if (unread?.place === place && unread.offset + unread.length === offset) {
        unread.length += length;
      } else {
        readUnread();
        unread = { place, offset, length };
      }
    },

    end(): { parts: Part[]; sha256: string; size: number } {
      readUnread();
      endInline();
      return { parts, sha256: hash.digest('hex'), size };
    },

    close(): void {
      for (const fd of files.values()) closeSync(fd);
    },
  };
}
