import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { AppError, type ErrorKind, errorCode } from '../base/errors.ts';
import type { Line } from '../server/control/door.ts';
import type { Operations } from '../server/control/operations.ts';
import { userName } from './user-name.ts';

/** Codes of a connection that nobody took: whoever takes one sends the head of an answer first. */
const notThere: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE']);

/**
 * The operations of the process that holds the data folder, over its socket. Throw AppError 'locked' where nobody
 * listens there, so that nothing was asked.
 */
export function createClient(socket: string): Operations {
  async function call<T>(
    operation: string,
    args: unknown[],
    onEvent?: (event: never) => void,
  ): Promise<T> {
    const headers = { 'x-by': encodeURIComponent(userName()) };
    const sent = request({ socketPath: socket, path: `/${operation}`, method: 'POST', headers });
    sent.end(JSON.stringify(args));
    const [response] = (await once(sent, 'response').catch((error) => {
      const asked = !notThere.has(errorCode(error) ?? '');
      throw new AppError(
        asked ? 'cancelled' : 'locked',
        'the process that holds the data folder does not answer',
        { cause: error, hint: 'try again; if it hangs, stop it' },
      );
    })) as [IncomingMessage];
    for await (const line of linesOf(response)) {
      if ('event' in line) onEvent?.(line.event as never);
      else if ('result' in line) return line.result as T;
      else {
        const { kind, message, hint } = line.error;
        if (kind === 'internal') throw new Error(message);
        throw new AppError(kind as ErrorKind, message, hint ? { hint } : {});
      }
    }
    throw ended();
  }

  const asked =
    (operation: string) =>
    (...args: unknown[]) => {
      const onEvent = args.findLast((arg) => typeof arg === 'function');
      return call(
        operation,
        args.filter((arg) => arg !== onEvent),
        onEvent as never,
      );
    };
  return new Proxy({} as Operations, {
    // A promise of the operations is none of theirs.
    get: (_, operation) => (operation === 'then' ? undefined : asked(String(operation))),
  });
}

/** Lines of an answer. Throws AppError 'cancelled' where it breaks off, be it within a line. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<Line> {
  try {
    for await (const text of createInterface({ input: response })) yield JSON.parse(text) as Line;
  } catch (error) {
    throw ended(error);
  }
}

const ended = (cause?: unknown) =>
  new AppError('cancelled', 'the process that holds the data folder ended before it answered', {
    cause,
  });
