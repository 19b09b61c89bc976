import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, crc32, zstdCompress } from 'node:zlib';
import { release } from '../../base/memory.ts';
import { deflatePiece } from '../../repodata/gzip-join.ts';
import { isSimpleXml } from '../../repodata/relocate.ts';
import type { Cache } from '../../store/cache/cache.ts';
import { isUntouched, keyOf, type Piece } from './pieces.ts';
import { groupOf, type OpenPack } from './sequence.ts';

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
/** How many decompressed groups are remembered: neighbouring pieces share some. */
const rememberedGroups = 3;

const compressZstd = promisify<Buffer, object, Buffer>(zstdCompress);

const zstdLevel = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

/** A zstd frame of its own. */
export const zstdFrame = (raw: Buffer): Promise<Buffer> =>
  compressZstd(raw, { ...zstdLevel, chunkSize: Math.max(1 << 14, raw.length >> 2) });

const compress = (raw: Buffer, compression: Compression): Promise<Buffer> =>
  compression === 'gzip' ? deflatePiece(raw) : zstdFrame(raw);

export interface EncoderDeps {
  cache: Cache;
  /** Lets those go first who are more urgent. */
  gate(): Promise<void>;
}

export type Encoder = ReturnType<typeof createEncoder>;

/** Gives the pieces of a document one after the other: from a pack, from the cache, or made now. */
export function createEncoder({ cache, gate }: EncoderDeps) {
  const groups = new Map<string, Promise<Buffer>>();

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
    const crc = crc32(raw);
    const bytes = await compress(raw, compression);
    release(raw);
    return { bytes, raw: length, crc };
  }

  /** Bytes that are a document of their own, as one piece. */
  async function* encodeBytes(raw: Buffer, compression: Compression): AsyncGenerator<EncodedPiece> {
    const key = createHash('sha256').update(`${compression}\nwhole\n`).update(raw).digest();
    const known = cache.find(key);
    const crc = known?.crc ?? crc32(raw);
    const bytes = known ? undefined : await compress(raw, compression);
    const { file, offset, length } = known ?? cache.add(key, bytes!, { raw: raw.length, crc });
    yield { in: 'cache', name: String(file), offset, length, raw: raw.length, crc, bytes };
  }

  async function rawOf({ runs, dialect }: Piece): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (const { pack, first, count } of runs) {
      for (let i = first; i < first + count; ) {
        const group = groupOf(pack, i);
        const opened = await openGroup(pack, group);
        const end = Math.min(first + count, group.first + group.count);
        let at = 0;
        for (let j = group.first; j < i; j++) at += pack.reader.length(j) + 1;
        const from = at;
        const simple = dialect.transform !== undefined && isSimpleXml(opened);
        for (; i < end; i++) {
          const length = pack.reader.length(i);
          if (dialect.transform) {
            const variant = dialect.variant?.(pack, i);
            const bytes = opened.subarray(at, at + length);
            parts.push(...dialect.transform(bytes, simple, variant), newline);
          }
          at += length + 1;
        }
        if (!dialect.transform) parts.push(opened.subarray(from, at));
      }
    }
    return Buffer.concat(parts);
  }

  function openGroup(
    pack: OpenPack,
    group: { first: number } & Parameters<OpenPack['reader']['open']>[0],
  ): Promise<Buffer> {
    const name = `${pack.name} ${group.first}`;
    let opened = groups.get(name);
    if (!opened) {
      opened = pack.reader.open(group);
      opened.catch(() => {});
      groups.set(name, opened);
      const [oldest] = groups.keys();
      if (groups.size > rememberedGroups) groups.delete(oldest!);
    }
    return opened;
  }

  return { encode, encodeBytes };
}

const newline = Buffer.from('\n');
