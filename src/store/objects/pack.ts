import { promisify } from 'node:util';
import { constants, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { AppError } from '../../base/errors.ts';
import { release } from '../../base/memory.ts';

/**
 * A pack: the fragments that one sync found new in one document, in upstream order, in groups compressed together. Each
 * frame has a checksum.
 *
 *     "HWPACK1\n"
 *     groups   each a zstd frame of its fragments, every one followed by a newline
 *     index    a zstd frame: u32 groups, u32 fragments; a u32 compressed and a u32 raw size and a u32 fragment count for
 *              each group; 32 bytes sha256 and a u32 length for each fragment (all little-endian)
 *     footer   u64 offset of the index, u32 its length, "HWP1"
 */
const magic = Buffer.from('HWPACK1\n', 'latin1');
const footerMagic = Buffer.from('HWP1', 'latin1');
const footerSize = 16;
const level = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
};

/** Where groups end, which is the same wherever the same packages stand together. DESIGN: at content, 16 to 256. */
const group = { least: 16, most: 256, bytes: 4 * 1024 * 1024, modulus: 64 };

const newline = 0x0a;

export interface PackWriter {
  /** Adds a fragment. `boundary` is the number that decides whether a group ends after it (32 bits of its pkgid). */
  add(bytes: Buffer, sha256: string, boundary: number): void;
  readonly count: number;
  /** Ends the pack. */
  end(): Promise<void>;
}

/** Writes a pack through `write`, group by group, in order. What it gets holds until its promise settles. */
export function createPackWriter(write: (bytes: Buffer) => Promise<void>): PackWriter {
  let pending = Buffer.allocUnsafe(group.bytes);
  let pendingBytes = 0;
  let pendingCount = 0;
  const groups: [compressed: number, raw: number, fragments: number][] = [];
  const names: string[] = [];
  const lengths: number[] = [];
  let offset = 0;
  let tail = Promise.resolve();

  const emit = (bytes: Buffer) => {
    offset += bytes.length;
    tail = tail.then(() => write(bytes)).then(() => release(bytes));
    // Awaited at the end; a rejection before that is not unhandled.
    tail.catch(() => {});
  };

  function flush(): void {
    if (pendingCount === 0) return;
    const frame = zstdCompressSync(pending.subarray(0, pendingBytes), level);
    groups.push([frame.length, pendingBytes, pendingCount]);
    emit(frame);
    pendingBytes = 0;
    pendingCount = 0;
  }

  emit(Buffer.from(magic));
  return {
    get count() {
      return names.length;
    },
    add(bytes, sha256, boundary) {
      if (pendingBytes + bytes.length + 1 > group.bytes) flush();
      if (bytes.length + 1 > pending.length) pending = Buffer.allocUnsafe(bytes.length + 1);
      pendingBytes += bytes.copy(pending, pendingBytes);
      pending[pendingBytes++] = newline;
      names.push(sha256);
      lengths.push(bytes.length);
      pendingCount++;
      const boundaryHere = pendingCount >= group.least && boundary % group.modulus === 0;
      if (boundaryHere || pendingCount >= group.most) flush();
    },
    async end() {
      flush();
      const index = zstdCompressSync(packIndex(groups, names, lengths), level);
      const footer = Buffer.alloc(footerSize);
      footer.writeBigUInt64LE(BigInt(offset), 0);
      footer.writeUInt32LE(index.length, 8);
      footerMagic.copy(footer, 12);
      emit(index);
      emit(footer);
      await tail;
    },
  };
}

function packIndex(groups: [number, number, number][], names: string[], lengths: number[]): Buffer {
  const out = Buffer.alloc(8 + groups.length * 12 + names.length * 36);
  let at = out.writeUInt32LE(groups.length, 0);
  at = out.writeUInt32LE(names.length, at);
  for (const [compressed, raw, fragments] of groups) {
    at = out.writeUInt32LE(compressed, at);
    at = out.writeUInt32LE(raw, at);
    at = out.writeUInt32LE(fragments, at);
  }
  names.forEach((name, i) => {
    at += out.write(name, at, 'hex');
    at = out.writeUInt32LE(lengths[i]!, at);
  });
  return out;
}

/** Fragments that are compressed together: where their frame stands in the pack, and which they are. */
export interface PackGroup {
  offset: number;
  length: number;
  first: number;
  count: number;
  /** Bytes when decompressed: the fragments, a newline after each. */
  raw: number;
}

export interface PackReader {
  readonly count: number;
  readonly groups: readonly PackGroup[];
  /** A group's bytes, decompressed in a thread of the pool. */
  open(group: PackGroup): Promise<Buffer>;
  /** Bytes of fragment i. */
  length(i: number): number;
  /** sha256 of fragment i, in hexadecimal. */
  name(i: number): string;
  /** The same as bytes; a view. */
  digest(i: number): Buffer;
  /** Digests and lengths of fragments, one after the other: the same bytes wherever the same fragments stand together. */
  names(first: number, count: number): Buffer;
  /** Fragments `first` to `first + count - 1`, in order; `wanted` may leave some out, and with them whole groups. */
  fragments(
    first: number,
    count: number,
    wanted?: (i: number) => boolean,
  ): AsyncGenerator<{ index: number; bytes: Buffer }>;
}

const damaged = (cause?: unknown) =>
  new AppError('invalid', 'a pack in the data folder is damaged', { cause });

const decompressElsewhere = promisify<Buffer, object, Buffer>(zstdDecompress);

function decompress(frame: Buffer): Buffer {
  try {
    return zstdDecompressSync(frame);
  } catch (error) {
    throw damaged(error);
  }
}

/**
 * Opens a pack over `read(start, length)`. Throws AppError 'invalid' if the bytes are no pack, or damaged; so does
 * reading its fragments.
 */
export async function openPack(
  size: number,
  read: (start: number, length: number) => Promise<Buffer>,
): Promise<PackReader> {
  if (size < magic.length + footerSize) throw damaged();
  const footer = await read(size - footerSize, footerSize);
  if (!footer.subarray(12).equals(footerMagic)) throw damaged();
  const indexAt = Number(footer.readBigUInt64LE(0));
  const indexLength = footer.readUInt32LE(8);
  if (indexAt + indexLength !== size - footerSize) throw damaged();
  const index = decompress(await read(indexAt, indexLength));
  const groupCount = index.readUInt32LE(0);
  const count = index.readUInt32LE(4);
  const names = 8 + groupCount * 12;
  const name = (i: number) => index.toString('hex', names + i * 36, names + i * 36 + 32);
  const digest = (i: number) => index.subarray(names + i * 36, names + i * 36 + 32);
  const length = (i: number) => index.readUInt32LE(names + i * 36 + 32);

  const spans = (first: number, many: number) =>
    index.subarray(names + first * 36, names + (first + many) * 36);
  const groups: PackGroup[] = [];
  for (let g = 0, offset = magic.length, start = 0; g < groupCount; g++) {
    const at = 8 + g * 12;
    const group = {
      offset,
      length: index.readUInt32LE(at),
      first: start,
      count: index.readUInt32LE(at + 8),
      raw: index.readUInt32LE(at + 4),
    };
    groups.push(group);
    offset += group.length;
    start += group.count;
  }
  const open = async ({ offset, length, raw }: PackGroup) => {
    const frame = await read(offset, length);
    try {
      return await decompressElsewhere(frame, { chunkSize: Math.max(raw, 64) });
    } catch (error) {
      throw damaged(error);
    } finally {
      release(frame);
    }
  };

  async function* fragments(first: number, many: number, wanted = (_: number) => true) {
    for (const group of groups) {
      if (group.first >= first + many) break;
      const from = Math.max(first, group.first);
      const to = Math.min(first + many, group.first + group.count);
      let needed = false;
      for (let i = from; i < to && !needed; i++) needed = wanted(i);
      if (!needed) continue;
      const raw = decompress(await read(group.offset, group.length));
      let at = 0;
      for (let i = group.first; i < to; i++) {
        if (i >= from && wanted(i)) yield { index: i, bytes: raw.subarray(at, at + length(i)) };
        at += length(i) + 1;
      }
    }
  }
  return { count, groups, open, name, digest, names: spans, length, fragments };
}
