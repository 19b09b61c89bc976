import { afterEach, expect, it, vi } from 'vitest';
import { createRateLimit, networkOf } from '../../src/identity/rate-limit.ts';

afterEach(() => {
  vi.useRealTimers();
});

function takeMany(limit: ReturnType<typeof createRateLimit>, who: string, times: number): number {
  let ok = 0;
  for (let i = 0; i < times; i++) if (limit.take(who).ok) ok++;
  return ok;
}

it('Each may ask ten seconds\u2019 worth at once, then as often as the rate says', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const limit = createRateLimit(() => 5);
  expect(takeMany(limit, 'a', 60)).toBe(50);
  expect(limit.take('a')).toEqual({ ok: false, retryAfter: 1 });
  vi.advanceTimersByTime(1000);
  expect(takeMany(limit, 'a', 60)).toBe(5);
  vi.advanceTimersByTime(60_000);
  expect(takeMany(limit, 'a', 60)).toBe(50);
  expect(takeMany(limit, 'b', 60)).toBe(50);
});

it('Who asks on while they may not does not wait longer for it', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const limit = createRateLimit(() => 0.1);
  expect(limit.take('a').ok).toBe(true);
  expect(limit.take('a')).toEqual({ ok: false, retryAfter: 10 });
  for (let i = 0; i < 9; i++) {
    vi.advanceTimersByTime(1000);
    expect(limit.take('a').ok).toBe(false);
  }
  vi.advanceTimersByTime(1001);
  expect(limit.take('a').ok).toBe(true);
});

it('Another rate holds from the next request', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  let rate = 100;
  const limit = createRateLimit(() => rate);
  limit.take('a');
  rate = 1;
  expect(takeMany(limit, 'a', 60)).toBe(10);
});

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:DB8:1:2::', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:0db8:0001:2::9', '2001:db8:1:2'],
  ['::1', '0:0:0:0'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('%s counts as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
