import { LRUCache } from 'lru-cache';
import { AppError } from '../base/errors.ts';
import { networkOf } from './rate-limit.ts';

export type SlowDown = ReturnType<typeof createSlowDown>;

interface Options {
  /** Milliseconds after the first failure; each further one waits twice as long, up to `longest`. */
  first?: number;
  longest?: number;
  /** Milliseconds without a failure after which all is forgotten. */
  forget?: number;
  /** Requests that wait at a time: for each that is more, the one that has waited longest is answered. */
  mostWaiting?: number;
  /** Attempts of one identity from one address that wait for their turn; more are refused. */
  mostAttempts?: number;
}

/**
 * Makes who fails again and again wait, known by address and claimed identity together: others behind the same address,
 * and the one whose identity is claimed from elsewhere, go on. Who succeeds never waits. Of IPv6, a /64 counts as one address.
 */
export function createSlowDown({
  first = 250,
  longest = 8000,
  forget = 600_000,
  mostWaiting = 200,
  mostAttempts = 10,
}: Options = {}) {
  const failures = new LRUCache<string, number>({ max: 10_000, ttl: forget });
  const keyOf = (address: string, identity: string) =>
    `${networkOf(address)} ${identity.slice(0, 200)}`;
  const waiting = new Set<() => void>();
  const attempts = new Map<string, { count: number; last: Promise<unknown> }>();

  return {
    /**
     * Makes attempts of one identity from one address one after the other: of guesses that come together none is looked at before
     * the one before it was told. Throws AppError 'limit' where too many wait.
     */
    async attempt<T>(address: string, identity: string, make: () => Promise<T>): Promise<T> {
      const key = keyOf(address, identity);
      const turns = attempts.get(key) ?? { count: 0, last: Promise.resolve() };
      if (turns.count >= mostAttempts) throw new AppError('limit', 'too many attempts are waiting');
      attempts.set(key, turns);
      turns.count++;
      const mine = turns.last.then(make);
      turns.last = mine.catch(() => {});
      try {
        return await mine;
      } finally {
        turns.count--;
        if (turns.count === 0) attempts.delete(key);
      }
    },

    /** Returns when the failure may be told. */
    async failed(address: string, identity: string): Promise<void> {
      const key = keyOf(address, identity);
      const before = failures.get(key) ?? 0;
      failures.set(key, before + 1);
      if (waiting.size >= mostWaiting) waiting.values().next().value?.();
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, Math.min(longest, first * 2 ** Math.min(before, 30)));
        waiting.add(done);
      });
    },

    succeeded(address: string, identity: string): void {
      failures.delete(keyOf(address, identity));
    },

    /** Nobody waits any longer: the process ends. */
    close(): void {
      for (const done of waiting) done();
    },
  };
}
