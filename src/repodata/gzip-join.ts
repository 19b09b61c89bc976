import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import { combineCrc32 } from './crc32.ts';

/** What a gzip member begins with: deflate, no name, no time, an unknown system. Source: RFC 1952, section 2.3. */
export const gzipHeader = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

const deflate = promisify<Buffer, object, Buffer>(deflateRaw);

/** A part of a deflate stream that needs nothing of what stands before it and ends at a whole byte, without ending the stream. */
export async function deflatePiece(raw: Buffer): Promise<Buffer> {
  return deflate(raw, {
    level: 6,
    finishFlush: constants.Z_FULL_FLUSH,
    // What it gives comes in steps of so many bytes, each of which is a way to the thread pool and back.
    chunkSize: Math.max(1 << 14, raw.length >> 3),
  });
}

/** Adds up what the end of a gzip member says of pieces that stand one after the other. */
export function gzipSum() {
  let crc = 0;
  let length = 0;
  return {
    add(pieceCrc: number, pieceLength: number): void {
      crc = combineCrc32(crc, pieceCrc, pieceLength);
      length += pieceLength;
    },
    addBytes(raw: Buffer): void {
      this.add(crc32(raw), raw.length);
    },
    /** An empty last block, the CRC and the length. */
    footer(): Buffer {
      const bytes = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
      bytes.writeUInt32LE(crc, 2);
      bytes.writeUInt32LE(length % 2 ** 32, 6);
      return bytes;
    },
  };
}
