import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Answer, GetOptions } from './upstream.ts';

type GoodAnswer = Extract<Answer, { status: 'ok' }>;

/**
 * Asks, and gives an answer whose body goes on where the connection broke, as long as the file is the same: with Range
 * and If-Range, or from the first byte with the known ones passed over, where upstream gives no parts. Gives up after
 * `limits.tries` tries in a row that brought nothing; the error's `detail.exhausted` says so. What upstream gives no
 * validator for is not resumed.
 */
export async function resumed(
  ask: (options: GetOptions) => Promise<Answer>,
  options: GetOptions,
): Promise<Answer> {
  const until = Date.now() + limits.totalTime;
  const first = await ask(options);
  if (first.status !== 'ok') return first;
  const validator = validatorOf(first);
  if (validator === undefined) return first;
  let part: GoodAnswer | undefined = first;
  return { ...first, body: body(validator), discard: () => part?.discard() };

  async function* body(validator: string): AsyncGenerator<Buffer> {
    let at = 0;
    for (let fruitless = 0; ; ) {
      const before = at;
      try {
        part ??= await remainder(at, validator);
        for await (const chunk of bytesAfter(part, at)) {
          at += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        if (!breaksOff(error)) throw error;
        // All is here, and only the end of the answer was not.
        if (at === (first as GoodAnswer).size) return;
        fruitless = at > before ? 0 : fruitless + 1;
        if (fruitless >= limits.tries) throw exhausted(error);
        if (Date.now() >= until) throw tooLong(error);
        part = undefined;
      }
      await pause(fruitless, options.signal);
    }
  }

  async function remainder(from: number, validator: string): Promise<GoodAnswer> {
    const { url, size } = first as GoodAnswer;
    const answer = await ask({
      ...options,
      validators: undefined,
      time: Math.max(1, until - Date.now()),
      remainder: from > 0 ? { from, validator, size } : undefined,
    });
    const whole = answer.status !== 'ok' || answer.start === 0;
    if (whole && (answer.status !== 'ok' || validatorOf(answer) !== validator)) {
      if (answer.status === 'ok') answer.discard();
      throw new AppError('unreachable', `${url} changed while it was fetched`, {
        hint: 'it is fetched again from its first byte; try again later',
        detail: { changed: true },
      });
    }
    return answer;
  }
}

/** How old a Last-Modified must be, in milliseconds, to tell two versions apart (RFC 9110, section 8.8.2.2). */
const settled = 60_000;
const pauseMs = 100;

/** What upstream tells one version of a file from another by: a strong ETag, or else a Last-Modified of some age. */
function validatorOf({ etag, lastModified }: GoodAnswer): string | undefined {
  if (etag?.startsWith('"')) return etag;
  if (etag !== undefined || lastModified === undefined) return undefined;
  return Date.now() - Date.parse(lastModified) > settled ? lastModified : undefined;
}

async function* bytesAfter({ body, start }: GoodAnswer, at: number): AsyncGenerator<Buffer> {
  let known = at - start;
  for await (const chunk of body) {
    if (known < chunk.length) yield chunk.subarray(known);
    known = Math.max(0, known - chunk.length);
  }
}

/** Whether the same server may well give the remainder. */
function breaksOff(error: unknown): error is AppError {
  if (!(error instanceof AppError) || error.detail?.changed) return false;
  const status = Number(error.detail?.status);
  return error.kind === 'unreachable' || status >= 500 || status === 429;
}

async function pause(fruitless: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(pauseMs * 2 ** Math.min(fruitless, 6), undefined, signal && { signal }).catch(() => {
    throw new AppError('cancelled', 'the transfer was cancelled');
  });
}

const exhausted = (error: AppError) =>
  new AppError(error.kind, error.message, {
    cause: error,
    ...(error.hint && { hint: error.hint }),
    detail: { ...error.detail, exhausted: true },
  });

const tooLong = (error: AppError) =>
  new AppError('limit', `${error.message}, and no time is left for it`, {
    cause: error,
    hint: 'limits.total_time gives more',
  });
