import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, crc32, zstdCompress } from 'node:zlib';
import { release } from '../../base/memory.ts';
import { deflatePiece } from '../../repodata/gzip-join.ts';
import { isSimpleXml } from '../../repodata/relocate.ts';
import type { Cache } from '../../store/cache/cache.ts';
import { createGroups } from './groups.ts';
import { isUntouched, keyOf, type Piece } from './pieces.ts';
import { groupOf } from './sequence.ts';

export type Compression = 'gzip' | 'zstd';

/** A piece that clients can be sent: where it stands, and its bytes where they were just made. */
export interface EncodedPiece {
  in: 'cache' | 'object';
  name: string;
  offset: number;
  length: number;
  /** Bytes when decompressed, and for gzip their CRC-32. */
  raw: number;
  crc: number;
  bytes: Buffer | undefined;
}

interface Made {
  bytes: Buffer;
  raw: number;
  crc: number;
}

interface Making {
  key: Buffer;
  made: Promise<Made>;
}

/** How many pieces are made at a time, ahead of the one that is next. */
const ahead = 3;
const compressZstd = promisify<Buffer, object, Buffer>(zstdCompress);

/** A zstd frame of its own. */
export const zstdFrame = (raw: Buffer, level = 3): Promise<Buffer> =>
  compressZstd(raw, {
    params: { [constants.ZSTD_c_compressionLevel]: level },
    pledgedSrcSize: raw.length,
    chunkSize: Math.max(1 << 14, raw.length >> 3),
  });

const compress = (raw: Buffer, compression: Compression, level?: number): Promise<Buffer> =>
  compression === 'gzip' ? deflatePiece(raw) : zstdFrame(raw, level);

export interface EncoderDeps {
  cache: Cache;
  /** Lets those go first who are more urgent. */
  gate(): Promise<void>;
}

/** Gives the pieces of a document one after the other: from a pack, from the cache, or made now. */
export function createEncoder({ cache, gate }: EncoderDeps) {
  const groups = createGroups();

  async function* encode(
    pieces: Iterable<Piece>,
    compression: Compression,
  ): AsyncGenerator<EncodedPiece> {
    const waiting: (EncodedPiece | Making)[] = [];
    let making = 0;
    const ready = async (next: EncodedPiece | Making): Promise<EncodedPiece> => {
      if (!('made' in next)) return next;
      making--;
      const { bytes, raw, crc } = await next.made;
      // In the order of the document, so that neighbours stand together in the file as well.
      const { file, offset } = cache.add(next.key, bytes, { raw, crc });
      return { in: 'cache', name: String(file), offset, length: bytes.length, raw, crc, bytes };
    };
    for (const piece of pieces) {
      const key = keyOf(piece, compression);
      const found = find(piece, key, compression);
      if (!found) await gate();
      while (making >= ahead || waiting.length > 256) yield await ready(waiting.shift()!);
      if (found) waiting.push(found);
      else {
        const made = make(piece, compression);
        made.catch(() => {});
        waiting.push({ key, made });
        making++;
      }
    }
    for (const next of waiting) yield await ready(next);
  }

  function find(piece: Piece, key: Buffer, compression: Compression): EncodedPiece | undefined {
    if (compression === 'zstd' && piece.runs.length === 1 && isUntouched(piece)) {
      const { pack, first, count } = piece.runs[0]!;
      const group = groupOf(pack, first);
      if (group.first === first && group.count === count) {
        const { offset, length, raw } = group;
        const none = { crc: 0, bytes: undefined };
        return { in: 'object', name: pack.name, offset, length, raw, ...none };
      }
    }
    const known = cache.find(key);
    if (!known) return undefined;
    const { file, offset, length, raw, crc } = known;
    return { in: 'cache', name: String(file), offset, length, raw, crc, bytes: undefined };
  }

  async function make(piece: Piece, compression: Compression): Promise<Made> {
    const raw = await rawOf(piece);
    const { length } = raw;
    const crc = compression === 'gzip' ? crc32(raw) : 0;
    const bytes = await compress(raw, compression, piece.dialect.level);
    release(raw);
    return { bytes, raw: length, crc };
  }

  /** Bytes that are a document of their own, as one piece. */
  async function* encodeBytes(raw: Buffer, compression: Compression): AsyncGenerator<EncodedPiece> {
    const key = createHash('sha256').update(`${compression}\nwhole\n`).update(raw).digest();
    const known = cache.find(key);
    const crc = known?.crc ?? (compression === 'gzip' ? crc32(raw) : 0);
    const bytes = known ? undefined : await compress(raw, compression);
    const { file, offset, length } = known ?? cache.add(key, bytes!, { raw: raw.length, crc });
    yield { in: 'cache', name: String(file), offset, length, raw: raw.length, crc, bytes };
  }

  async function rawOf({ runs, raw, dialect }: Piece): Promise<Buffer> {
    const target = createTarget(Math.ceil(raw * (dialect.transform ? 1.1 : 1)));
    for (const { pack, first, count } of runs) {
      for (let i = first; i < first + count; ) {
        const group = groupOf(pack, i);
        const lent = await groups.borrow(pack, group);
        const end = Math.min(first + count, group.first + group.count);
        let at = 0;
        for (let j = group.first; j < i; j++) at += pack.reader.length(j) + 1;
        const from = at;
        const simple = dialect.transform !== undefined && isSimpleXml(lent.bytes);
        for (; i < end; i++) {
          const length = pack.reader.length(i);
          if (dialect.transform) {
            const bytes = lent.bytes.subarray(at, at + length);
            for (const part of dialect.transform(bytes, simple, dialect.variant?.(pack, i)))
              target.add(part);
            target.add(newline);
          }
          at += length + 1;
        }
        if (!dialect.transform) target.add(lent.bytes.subarray(from, at));
        lent.giveBack();
      }
    }
    return target.bytes();
  }

  return { encode, encodeBytes };
}

const newline = Buffer.from('\n');

/** A buffer that grows, should it have to. */
function createTarget(size: number) {
  let buffer = Buffer.allocUnsafeSlow(size);
  let length = 0;
  return {
    add(bytes: Buffer): void {
      if (length + bytes.length > buffer.length) {
        const larger = Buffer.allocUnsafeSlow(Math.ceil((length + bytes.length) * 1.2));
        buffer.copy(larger, 0, 0, length);
        release(buffer);
        buffer = larger;
      }
      length += bytes.copy(buffer, length);
    },
    bytes: (): Buffer => buffer.subarray(0, length),
  };
}
