import { createRequire } from 'node:module';

type Bits = ((count: number | null) => number) & { bytesRead: number };
interface Library {
  /** Reads a stream's header, gives its block size in units of 100,000 bytes. */
  header(bits: Bits): number;
  /** Decodes one block byte by byte, gives the checksum so far; null where the stream ended instead. */
  decompress(
    bits: Bits,
    put: (byte: number) => void,
    work: Int32Array,
    workSize: number,
    checksum: number,
  ): number | null;
}
const require = createRequire(import.meta.url);
const library: Library = require('unbzip2-stream/lib/bzip2.js');
const bitReader: (
  next: () => Buffer | undefined,
) => Bits = require('unbzip2-stream/lib/bit_iterator.js');

/**
 * Decompresses bzip2, also many streams in a row, from chunks that are not empty. A block of 50 bytes may give 46 MB,
 * so no block is opened before the reader asks for it. Throws a plain error on what is damaged, cut short or followed
 * by something else.
 */
export async function* bunzip2(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const waiting: Buffer[] = [];
  let received = 0;
  let ended = false;
  const chunks = source[Symbol.asyncIterator]();
  const receive = async (bytes: number): Promise<void> => {
    while (!ended && received < bytes) {
      const next = await chunks.next();
      if (next.done) ended = true;
      else {
        waiting.push(next.value);
        received += next.value.length;
      }
    }
  };
  await receive(1);
  const bits = bitReader(() => waiting.shift());
  while (received > bits.bytesRead) {
    await receive(bits.bytesRead + 4);
    const size = library.header(bits) * 100_000;
    const work = new Int32Array(size);
    for (let checksum: number | null = 0; ; ) {
      // The library cannot wait: the whole block has to be here, which is never much more than its work space.
      await receive(bits.bytesRead + size + 25_000);
      const out = growingBuffer(size);
      checksum = library.decompress(bits, out.put, work, size, checksum);
      if (checksum === null) break;
      yield out.bytes();
    }
  }
}

function growingBuffer(size: number) {
  let buffer = Buffer.allocUnsafe(size);
  let length = 0;
  return {
    put(byte: number): void {
      if (length === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
      buffer[length++] = byte;
    },
    bytes: (): Buffer => buffer.subarray(0, length),
  };
}
