/**
 * Cuts a zstd stream at its frame boundaries without decompressing it: node:zlib decodes one frame and drops what
 * follows, while a document may consist of many. Yields one iterable of bytes for each frame, to be read to its end
 * before the next is asked for; skippable frames are left out. Throws on anything that is not a frame, and on a frame
 * that is cut short. Source: RFC 8878, section 3.1.
 */
export async function* zstdFrames(
  source: AsyncIterable<Buffer>,
): AsyncGenerator<AsyncGenerator<Buffer>> {
  const input = byteReader(source);
  for (;;) {
    const magic = await input.take(4);
    if (magic.length === 0) return;
    if (magic.length < 4) throw new Error('zstd: cut short between frames');
    const word = magic.readUInt32LE();
    if (word === 0xfd2fb528) yield frame(magic, input);
    else if ((word & 0xfffffff0) >>> 0 === 0x184d2a50) {
      const size = (await input.exactly(4)).readUInt32LE();
      for await (const _ of input.stream(size));
    } else throw new Error('zstd: something that is not a frame follows');
  }
}

const dictionaryIdSize = [0, 1, 2, 4];
const contentSizeSize = [0, 2, 4, 8];

async function* frame(magic: Buffer, input: ByteReader): AsyncGenerator<Buffer> {
  yield magic;
  const descriptor = await input.exactly(1);
  const flags = descriptor[0]!;
  const single = (flags & 0x20) !== 0;
  const window = single ? 0 : 1;
  const content = flags >> 6 === 0 && single ? 1 : contentSizeSize[flags >> 6]!;
  yield descriptor;
  yield await input.exactly(window + dictionaryIdSize[flags & 3]! + content);
  for (;;) {
    const header = await input.exactly(3);
    const word = header.readUIntLE(0, 3);
    const type = (word >> 1) & 3;
    if (type === 3) throw new Error('zstd: reserved block type');
    yield header;
    yield* input.stream(type === 1 ? 1 : word >> 3);
    if (word & 1) break;
  }
  if (flags & 4) yield await input.exactly(4);
}

type ByteReader = ReturnType<typeof byteReader>;

function byteReader(source: AsyncIterable<Buffer>) {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  const more = async (): Promise<boolean> => {
    const next = await chunks.next();
    if (!next.done) rest = rest.length === 0 ? next.value : Buffer.concat([rest, next.value]);
    return !next.done;
  };
  const cut = (n: number): Buffer => {
    const part = rest.subarray(0, n);
    rest = rest.subarray(n);
    return part;
  };
  /** Up to n bytes; fewer only at the end of the input. */
  const take = async (n: number): Promise<Buffer> => {
    while (rest.length < n && (await more()));
    return cut(n);
  };
  const exactly = async (n: number): Promise<Buffer> => {
    const bytes = await take(n);
    if (bytes.length < n) throw new Error('zstd: cut short');
    return bytes;
  };
  /** Exactly n bytes, as they come. */
  async function* stream(n: number): AsyncGenerator<Buffer> {
    for (let left = n; left > 0; ) {
      if (rest.length === 0 && !(await more())) throw new Error('zstd: cut short');
      const part = cut(left);
      left -= part.length;
      yield part;
    }
  }
  return { take, exactly, stream };
}
