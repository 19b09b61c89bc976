import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startMidnights } from '../../src/jobs/midnights.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-22T21:30:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

it('runs at once and at each midnight UTC, until it is stopped', async () => {
  const ran: string[] = [];
  const timer = startMidnights(async () => {
    ran.push(new Date().toISOString());
  });
  await vi.advanceTimersByTimeAsync(27 * 3_600_000);
  expect(ran).toEqual([
    '2026-11-22T21:30:00.000Z',
    '2026-11-23T00:00:00.000Z',
    '2026-11-24T00:00:00.000Z',
  ]);
  timer.stop();
  await vi.advanceTimersByTimeAsync(48 * 3_600_000);
  expect(ran).toHaveLength(3);
});

it('notices within an hour that the clock was set', async () => {
  let ran = 0;
  const timer = startMidnights(async () => {
    ran++;
  });
  await vi.advanceTimersByTimeAsync(0);
  vi.setSystemTime(new Date('2026-11-25T09:00:00Z'));
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(ran).toBe(2);
  timer.stop();
});

it('goes on after a failure, and one that takes long does not run twice at once', async () => {
  let running = 0;
  let ran = 0;
  const timer = startMidnights(async () => {
    expect(++running).toBe(1);
    ran++;
    await new Promise((resolve) => setTimeout(resolve, 5 * 3_600_000));
    running--;
    throw new Error('no luck');
  });
  await vi.advanceTimersByTimeAsync(30 * 3_600_000);
  // At once, after the midnight that it ran over, and at the next.
  expect(ran).toBe(3);
  timer.stop();
});

it('does not begin again when it is stopped in the middle', async () => {
  const gate = Promise.withResolvers<void>();
  let ran = 0;
  const timer = startMidnights(() => {
    ran++;
    return gate.promise;
  });
  timer.stop();
  gate.resolve();
  await vi.advanceTimersByTimeAsync(72 * 3_600_000);
  expect(ran).toBe(1);
});
