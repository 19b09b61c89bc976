import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { AppError, errorCode } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';

/** Bodies up to this size wait for nobody. */
const small = 64 * 1024;
/** A body of which nothing came for so many milliseconds keeps nobody waiting. */
const patience = 1000;

/** A large body that is being received, or is in use. */
interface Held {
  size: number;
  state: 'coming' | 'waiting' | 'there';
  /** When something came of it last. */
  at: number;
}

/**
 * Reads the bodies of calls: plain, or in the encodings that rhnlib sends (a compressed one, and around it base64). They are
 * there for as long as `use` runs. Where more is held than `limits.requestBodies`, the large body that came first goes on and
 * the others wait; one that stops coming loses its place. Throws AppError 'invalid' where a body is not what its headers
 * say, and 'limit' where it is too large, 'cancelled' where the client hangs up.
 */
export function createBodyReader() {
  /** The first came first. */
  const held = new Set<Held>();
  let taken = 0;
  let waiting: (() => void)[] = [];

  function isFirst(own: Held): boolean {
    const now = performance.now();
    for (const other of held) {
      if (other === own) return true;
      if (other.state !== 'coming' || now - other.at < patience) return false;
    }
    return true;
  }

  async function take(own: Held, size: number): Promise<void> {
    own.size += size;
    taken += size;
    if (own.size <= small) return;
    held.add(own);
    own.state = 'waiting';
    while (taken > limits.requestBodies && !isFirst(own)) {
      await new Promise<void>((go) => {
        const timer = setTimeout(go, patience);
        waiting.push(() => {
          clearTimeout(timer);
          go();
        });
      });
    }
    own.state = 'coming';
    own.at = performance.now();
  }

  function give(own: Held): void {
    held.delete(own);
    shrink(own, 0);
  }

  /** It needs no more than that. */
  function shrink(own: Held, size: number): void {
    taken -= own.size - size;
    own.size = size;
    const all = waiting;
    waiting = [];
    for (const go of all) go();
  }

  async function read(req: IncomingMessage, own: Held): Promise<string> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of req as AsyncIterable<Buffer>) {
        if (own.size + chunk.length > limits.requestBody) throw tooLarge();
        chunks.push(chunk);
        await take(own, chunk.length);
      }
    } catch (error) {
      if (errorCode(error) !== 'ECONNRESET') throw error;
      throw new AppError('cancelled', 'the client broke its request off');
    }
    own.state = 'there';
    const sent = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    const open = await decoded(sent, req.headers, async (size) => {
      await take(own, size);
      own.state = 'there';
    });
    own.state = 'there';
    shrink(own, Math.max(open.length, sent.length));
    return open.toString();
  }

  return async function withBody<T>(
    req: IncomingMessage,
    use: (text: string) => Promise<T>,
  ): Promise<T> {
    if (Number(req.headers['content-length']) > limits.requestBody) throw tooLarge();
    const own: Held = { size: 0, state: 'coming', at: 0 };
    try {
      return await use(await read(req, own));
    } finally {
      give(own);
    }
  };
}

/** What was sent, decompressed; before that, `take` gets room for the most that it may become. */
async function decoded(
  sent: Buffer,
  headers: IncomingMessage['headers'],
  take: (size: number) => Promise<void>,
): Promise<Buffer> {
  const transfer = headerOf(headers['content-transfer-encoding']);
  const plain = transfer === 'base64' ? fromBase64(sent) : sent;
  if (!transferEncodings.has(transfer)) throw unreadable('Content-Transfer-Encoding');
  const encoding = headerOf(headers['content-encoding']);
  if (encoding === '' || encoding === 'identity') return plain;
  const open = decoders.get(encoding);
  if (!open) throw unreadable('Content-Encoding');
  const maxOutputLength = Math.min(limits.openRequestBody, plain.length * limits.openRatio);
  await take(maxOutputLength);
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
