import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { AppError, errorCode } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';

/** Bodies up to this size, plain, wait for nobody. */
const small = 64 * 1024;

/**
 * Reads the bodies of calls: plain, or in the encodings that rhnlib sends (a compressed one, and around it base64). The text
 * is there for as long as `use` runs; large ones wait until all that are there at a time leave room. Throws AppError
 * 'invalid' where a body is not what its headers say, and 'limit' where it is too large, 'cancelled' where the client hangs up.
 */
export function createBodyReader() {
  let taken = 0;
  const waiting: { size: number; go(): void }[] = [];

  const fits = (size: number) => taken === 0 || taken + size <= limits.requestBodies;

  async function take(size: number): Promise<void> {
    if (waiting.length > 0 || !fits(size)) {
      await new Promise<void>((go) => waiting.push({ size, go }));
      return;
    }
    taken += size;
  }

  function give(size: number): void {
    taken -= size;
    for (let first = waiting[0]; first && fits(first.size); first = waiting[0]) {
      waiting.shift();
      taken += first.size;
      first.go();
    }
  }

  return async function withBody<T>(
    req: IncomingMessage,
    use: (text: string) => Promise<T>,
  ): Promise<T> {
    const announced = req.headers['content-length'];
    const length = announced === undefined ? limits.requestBody : Number(announced);
    if (length > limits.requestBody) throw tooLarge();
    const isPlain = headerOf(req.headers['content-encoding']) === '';
    const size = isPlain ? length : Math.min(limits.openRequestBody, length * limits.openRatio);
    if (size <= small) return use(await read(req));
    await take(size);
    try {
      return await use(await read(req));
    } finally {
      give(size);
    }
  };
}

async function read(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of req as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limits.requestBody) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    if (errorCode(error) !== 'ECONNRESET') throw error;
    throw new AppError('cancelled', 'the client broke its request off');
  }
  const sent = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  return (await decoded(sent, req.headers)).toString();
}

async function decoded(sent: Buffer, headers: IncomingMessage['headers']): Promise<Buffer> {
  const transfer = headerOf(headers['content-transfer-encoding']);
  const plain = transfer === 'base64' ? fromBase64(sent) : sent;
  if (!transferEncodings.has(transfer)) throw unreadable('Content-Transfer-Encoding');
  const encoding = headerOf(headers['content-encoding']);
  if (encoding === '' || encoding === 'identity') return plain;
  const open = decoders.get(encoding);
  if (!open) throw unreadable('Content-Encoding');
  const maxOutputLength = Math.min(limits.openRequestBody, plain.length * limits.openRatio);
  try {
    return await open(plain, { maxOutputLength });
  } catch (error) {
    const tooMuch = error instanceof RangeError;
    throw tooMuch ? tooLarge() : unreadable('Content-Encoding');
  }
}

type Decoder = (buffer: Buffer, options: zlib.ZlibOptions) => Promise<Buffer>;
const gunzip: Decoder = promisify(zlib.gunzip);
const inflate: Decoder = promisify(zlib.inflate);

const decoders = new Map([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflate],
  ['x-zlib', inflate],
]);
const transferEncodings = new Set(['', 'binary', '7bit', '8bit', 'base64']);

const headerOf = (value: string | string[] | undefined) =>
  (Array.isArray(value) ? value.join() : (value ?? '')).trim().toLowerCase();

function fromBase64(sent: Buffer): Buffer {
  const text = sent.toString('latin1');
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text)) throw unreadable('Content-Transfer-Encoding');
  return Buffer.from(text, 'base64');
}

const tooLarge = () => new AppError('limit', 'the request is larger than this server accepts');

const unreadable = (header: string) =>
  new AppError('invalid', `the request's body is not what its ${header} says`, {
    detail: { status: 400 },
  });
