import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';

/** Whether a request may go on, and after how many seconds one may if not. */
export interface Taken {
  ok: boolean;
  retryAfter: number;
}

/** Those who asked in the last while; who is forgotten begins anew. */
const remembered = 20_000;
/** As many seconds' worth may come at once. */
const burst = 10;

/**
 * Lets each one ask so often in a second, and ten times that at once after a rest. Each has a bucket that fills by time and
 * loses one with every request that goes on.
 */
export function createRateLimit(perSecond: () => number) {
  const buckets = new LRUCache<string, { left: number; at: number }>({ max: remembered });

  return {
    take(who: string): Taken {
      const rate = perSecond();
      const now = performance.now();
      const before = buckets.get(who) ?? { left: rate * burst, at: now };
      const filled = before.left + ((now - before.at) / 1000) * rate;
      const left = Math.min(rate * burst, filled);
      const ok = left >= 1;
      buckets.set(who, { left: ok ? left - 1 : left, at: now });
      return { ok, retryAfter: ok ? 0 : Math.max(1, Math.ceil((1 - left) / rate)) };
    },
  };
}

/** What counts as one address: of IPv6 the network, since who has one address there has all of it. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.toLowerCase().split('%')[0]!.split('::');
  const start = head === '' ? [] : head.split(':');
  const end = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - start.length - end.length);
  const groups = [...start, ...Array<string>(zeros).fill('0'), ...end];
  // An IPv4 address in it is one of its own.
  if (groups.at(-1)?.includes('.')) return groups.at(-1)!;
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
