import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ReadableStream } from 'node:stream/web';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import xz from 'xz-decompress';
import { AppError } from '../base/errors.ts';
import { release } from '../base/memory.ts';
import { bunzip2 } from './bzip2.ts';
import { zstdFrames } from './zstd-frames.ts';

export type Codec = 'gzip' | 'bzip2' | 'xz' | 'zstd' | 'zchunk' | 'plain';

const magics: readonly [Codec, readonly number[]][] = [
  ['gzip', [0x1f, 0x8b]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['zchunk', [0x00, 0x5a, 0x43, 0x4b, 0x31]],
];

/** How bytes are compressed, told from the first six of them; file names are not believed. */
export function detectCodec(head: Uint8Array): Codec {
  for (const [codec, magic] of magics) {
    if (magic.every((byte, i) => head[i] === byte)) return codec;
  }
  return 'plain';
}

/**
 * Bounds on what decompressing may give: bytes in all, and bytes for each byte put in. `key` is where the configuration
 * has the first, `open_document` unless said otherwise.
 */
export interface OpenLimits {
  bytes: number;
  ratio: number;
  key?: 'whole_document' | 'open_modules';
}

/**
 * Decompresses a document of any codec. Yields chunks of raw bytes, each of which holds until the next is asked for. Throws AppError 'invalid' when the stream is
 * damaged, truncated, followed by something else, or of a codec that cannot be read (zchunk); 'limit' when it opens
 * to more than allowed.
 */
export async function* openDocument(
  source: AsyncIterable<Uint8Array>,
  what: string,
  { bytes, ratio, key }: OpenLimits,
): AsyncGenerator<Buffer> {
  let put = 0;
  let got = 0;
  const counted = countIn(source, (n) => {
    put += n;
  });
  try {
    const { codec, stream } = await peek(counted, what);
    try {
      for await (const chunk of decoded(codec, stream)) {
        got += chunk.length;
        if (got > bytes) throw tooMuch(what, got, key ?? 'open_document');
        if (got > 1024 * 1024 + put * ratio) throw tooMuch(what, got, 'open_ratio');
        yield chunk;
      }
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw new AppError('invalid', `${what} is damaged or cut short (${codec})`, { cause: error });
    }
  } finally {
    // A decoder that stops early does not always close what it reads from.
    await counted.return(undefined);
  }
}

const tooMuch = (what: string, got: number, key: string) =>
  new AppError('limit', `${what} opens to more than is allowed (${got} bytes so far)`, {
    hint: `check the address; limits.${key} allows more`,
  });

async function* countIn(source: AsyncIterable<Uint8Array>, count: (bytes: number) => void) {
  for await (const chunk of source) {
    count(chunk.length);
    // Some decoders take an empty chunk for the end.
    if (chunk.length > 0) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
}

/** Reads enough to tell the codec, and gives a stream that still starts at the first byte. */
async function peek(source: AsyncGenerator<Buffer>, what: string) {
  let head: Buffer = Buffer.alloc(0);
  let ended = false;
  while (head.length < headSize && !ended) {
    const next = await source.next();
    if (next.done) ended = true;
    else head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  async function* whole() {
    if (head.length > 0) yield head;
    if (!ended) yield* source;
  }
  const codec = detectCodec(head);
  // Byte 7 of an xz stream names its check. Source: The .xz File Format, 2.1.1.2.
  if (codec === 'xz' && head[7] === 10) {
    throw new AppError('invalid', `${what} is xz with a SHA-256 check, which cannot be read`, {
      hint: "the upstream has to compress it with xz's usual check, CRC64",
    });
  }
  return { codec, stream: whole() };
}

/** Bytes that tell the codec and, of xz, its check. */
const headSize = 8;

const chunkSize = 512 * 1024;

function decoded(codec: Codec, stream: AsyncGenerator<Buffer>): AsyncIterable<Buffer> {
  switch (codec) {
    case 'plain':
      return stream;
    case 'gzip':
      return gunzip(stream);
    case 'zstd':
      return zstd(stream);
    case 'bzip2':
      return bunzip2(stream);
    case 'xz':
      return unxz(stream);
    case 'zchunk':
      throw new AppError('invalid', 'zchunk documents are passed on, not read');
  }
}

/** node:zlib passes over all that follows a NUL after the end, if it comes in the same chunk. */
async function* gunzip(stream: AsyncIterable<Buffer>) {
  let put = 0;
  const decoder = createGunzip({ chunkSize });
  const counted = countIn(stream, (n) => {
    put += n;
  });
  yield* through(counted, decoder);
  if (decoder.bytesWritten !== put) throw new Error('gzip: something follows the end');
}

/** Without `Readable.toWeb`, which throws outside any caller when its stream is cancelled while data flows. */
async function* unxz(stream: AsyncIterable<Buffer>) {
  const opened = new xz.XzReadableStream(ReadableStream.from(stream));
  for await (const chunk of opened as ReadableStream<Uint8Array>) {
    yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
}

async function* zstd(stream: AsyncIterable<Buffer>) {
  for await (const frame of zstdFrames(stream)) {
    yield* through(frame, createZstdDecompress({ chunkSize }));
  }
}

/** Feeds a stream through a decoder; an error on either side ends the reading. */
async function* through(stream: AsyncIterable<Buffer>, decoder: Transform) {
  const fed = pipeline(stream, decoder);
  fed.catch(() => {});
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      yield chunk;
      // Its memory is the decoder's still where it is not full.
      if (chunk.byteOffset + chunk.length === chunk.buffer.byteLength) release(chunk);
    }
    await fed;
  } finally {
    decoder.destroy();
  }
}
