import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { AppError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';

/**
 * Reads the bodies of calls: plain, or in the encodings that rhnlib sends (a compressed one, and around it base64).
 * Throws AppError 'invalid' where a body is not what its headers say, 'limit' where it is too large, and 'cancelled'
 * where too much is being received already.
 */
export function createBodyReader() {
  let receiving = 0;

  return async function read(req: IncomingMessage): Promise<string> {
    if (Number(req.headers['content-length']) > limits.requestBody) throw tooLarge();
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of req as AsyncIterable<Buffer>) {
        size += chunk.length;
        receiving += chunk.length;
        if (size > limits.requestBody) throw tooLarge();
        if (receiving > limits.requestBodies)
          throw new AppError('cancelled', 'too many calls at a time: try again later');
        chunks.push(chunk);
      }
      const sent = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      return (await decoded(sent, req.headers)).toString();
    } finally {
      receiving -= size;
    }
  };
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
