import type { Request } from 'got';
import { limits } from '../base/limits.ts';
import { unreachable } from './unreachable.ts';

/**
 * The bytes of an answer. Ends with an AppError 'unreachable' where none come for `limits.stallTime` while they are
 * waited for, or where they are not asked for that long; how slowly they are taken does not count.
 */
export function bodyOf(stream: Request, shown: string, finish: () => void): AsyncGenerator<Buffer> {
  const stalled = () =>
    stream.destroy(Object.assign(new Error('no more bytes'), { code: 'ETIMEDOUT' }));
  const unasked = setTimeout(() => {
    stalled();
    finish();
  }, limits.stallTime).unref();
  stream.once('close', () => clearTimeout(unasked));

  return (async function* () {
    clearTimeout(unasked);
    const chunks = stream[Symbol.asyncIterator]();
    try {
      for (;;) {
        const late = setTimeout(stalled, limits.stallTime);
        const next = await chunks.next().finally(() => clearTimeout(late));
        if (next.done) return;
        yield next.value as Buffer;
      }
    } catch (error) {
      throw unreachable(error, shown);
    } finally {
      finish();
    }
  })();
}
