import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { MirroredSource } from '../base/source.ts';

/** When, in milliseconds, the bytes that each source took so far are paid for. */
const paid = new Map<string, number>();

/** What may be taken at once after a pause, as milliseconds of the bandwidth. */
const burst = 250;
const largestPiece = 64 * 1024;

/** A body as slow as the source's bandwidth wants, which all its transfers share. */
export async function* throttled(
  source: MirroredSource,
  body: AsyncIterable<Buffer>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    const rate = source.bandwidth ?? limits.bandwidth;
    if (rate === Number.POSITIVE_INFINITY) {
      yield chunk;
      continue;
    }
    // No piece is dearer than the burst, so that nothing waits long for what another took.
    const step = Math.min(largestPiece, Math.ceil((rate * burst) / 1000));
    for (let at = 0; at < chunk.length; at += step) {
      const piece = chunk.subarray(at, at + step);
      await pay(source.label, (piece.length * 1000) / rate, signal);
      yield piece;
    }
  }
}

/** Waits until the source may take what costs so many milliseconds. */
async function pay(label: string, cost: number, signal: AbortSignal | undefined): Promise<void> {
  const now = performance.now();
  const due = Math.max(paid.get(label) ?? 0, now - burst) + cost;
  paid.set(label, due);
  if (due <= now) return;
  await sleep(due - now, undefined, signal && { signal }).catch(() => {
    throw new AppError('cancelled', `the transfer for source ${label} was cancelled`);
  });
}
