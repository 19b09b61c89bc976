import type { IncomingMessage } from 'node:http';
import { AppError, errorCode } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';

interface Bounds {
  /** Bytes of one body. */
  most(): number;
  /** Milliseconds in which all of it must have come. */
  patience(): number;
}

/** Bodies up to this size are read however many there are. */
const small = 64 * 1024;

/**
 * Reads the bodies of requests, and cuts off those that are too large or too slow: their connections end with the answer. Throws
 * AppError 'limit' with OCI's code in `detail.code`, also where too much is coming at once, 'cancelled' where the client hangs up.
 */
export function createRequestBodies({ most, patience }: Bounds) {
  /** Bytes that have come of bodies that are not whole yet. */
  let held = 0;

  return async function read(req: IncomingMessage): Promise<Buffer> {
    if (Number(req.headers['content-length'] ?? 0) > most()) throw tooLarge();
    const chunks: Buffer[] = [];
    let size = 0;
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => end(tooSlow()), patience());
      function end(error?: Error): void {
        clearTimeout(late);
        held -= size;
        req.off('data', take).off('end', end).off('error', end).off('close', gone);
        // What is left of it is not waited for.
        if (error) req.pause();
        if (!error) resolve();
        else reject(errorCode(error) === 'ECONNRESET' ? brokenOff() : error);
      }
      function take(chunk: Buffer): void {
        size += chunk.length;
        held += chunk.length;
        if (size > most()) end(tooLarge());
        else if (size > small && held > limits.requestBodies) end(tooMany());
        else chunks.push(chunk);
      }
      const gone = () => end(brokenOff());
      req.on('data', take).on('end', end).on('error', end).on('close', gone);
    });
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  };
}

/** Whether a request says that it has a body. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const tooLarge = () =>
  new AppError('limit', 'the body is larger than this server accepts', {
    detail: { code: 'PayloadTooLarge' },
  });
const tooMany = () =>
  new AppError('limit', 'too many large bodies are coming at once', {
    detail: { code: 'TooManyRequests', retryAfter: 1 },
  });
const tooSlow = () =>
  new AppError('limit', 'the body came too slowly', { detail: { code: 'RequestTimeout' } });
const brokenOff = () => new AppError('cancelled', 'the client broke its request off');
