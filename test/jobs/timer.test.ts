import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Schedule, startTimer, type Timer } from '../../src/jobs/timer.ts';

const hour = 3_600_000;
const start = new Date(2026, 2, 10, 12, 0, 0);

let timers: Timer[];
beforeEach(() => {
  vi.useFakeTimers({ now: start });
  timers = [];
});
afterEach(() => {
  for (const timer of timers) timer.stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const every = (everyMs: number, jitterMs = 0): Schedule => ({ everyMs, jitterMs });
const ago = (ms: number) => new Date(start.getTime() - ms);

/** Starts a timer whose runs take `takes` milliseconds; tells when each began, in milliseconds from the start. */
function run(schedule: Schedule, before?: Date, takes = 0) {
  const began: number[] = [];
  let last = before;
  const timer = startTimer(
    schedule,
    async () => last,
    async () => {
      last = new Date();
      began.push(Date.now() - start.getTime());
      await new Promise((resolve) => setTimeout(resolve, takes));
    },
  );
  timers.push(timer);
  return { began, timer };
}

describe('A timer with an interval', () => {
  it('runs at once what never ran, and then after each interval', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const { began } = run(every(6 * hour, hour));
    await vi.advanceTimersByTimeAsync(0);
    expect(began).toEqual([0]);
    await vi.advanceTimersByTimeAsync(20 * hour);
    expect(began).toEqual([0, 6.5 * hour, 13 * hour, 19.5 * hour]);
  });

  it('counts from the last run, also one of an earlier process', async () => {
    const { began, timer } = run(every(6 * hour), ago(4 * hour));
    await vi.advanceTimersByTimeAsync(0);
    expect(timer.next()).toEqual(new Date(start.getTime() + 2 * hour));
    await vi.advanceTimersByTimeAsync(2 * hour - 1);
    expect(began).toEqual([]);
    await vi.advanceTimersByTimeAsync(1 + 6 * hour);
    expect(began).toEqual([2 * hour, 8 * hour]);
  });

  it('runs at once what is overdue', async () => {
    const { began } = run(every(6 * hour, hour), ago(8 * hour));
    await vi.advanceTimersByTimeAsync(0);
    expect(began).toEqual([0]);
  });

  it('waits longer than setTimeout can', async () => {
    const { began } = run(every(1000 * hour), ago(0));
    await vi.advanceTimersByTimeAsync(1000 * hour - 1);
    expect(began).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(began).toEqual([1000 * hour]);
  });

  it('is never later than its jitter, and not always the same', async () => {
    const due = new Set<number>();
    for (let i = 0; i < 50; i++) {
      const { timer } = run(every(6 * hour, hour), ago(0));
      await vi.advanceTimersByTimeAsync(0);
      due.add(timer.next()!.getTime() - start.getTime() - 6 * hour);
    }
    expect(Math.min(...due)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...due)).toBeLessThanOrEqual(hour);
    expect(due.size).toBeGreaterThan(40);
  });

  it('never runs twice at once: what takes longer than the interval runs again when it is over', async () => {
    const { began, timer } = run(every(hour), undefined, 2.5 * hour);
    await vi.advanceTimersByTimeAsync(hour);
    expect(timer.next(), 'while it runs').toBeUndefined();
    await vi.advanceTimersByTimeAsync(5 * hour);
    const seconds = began.map((ms) => Math.round(ms / 1000));
    expect(seconds).toEqual([0, 9000, 18_000]);
  });
});

describe('A timer with a cron pattern', () => {
  const nightly: Schedule = { cron: '17 3 * * *', jitterMs: 0 };
  const at317 = (days: number) => 15.25 * hour + 2 * 60_000 + days * 24 * hour;

  it('runs at the times of the pattern in local time, and not at once', async () => {
    const { began } = run(nightly);
    await vi.advanceTimersByTimeAsync(48 * hour);
    expect(began).toEqual([at317(0), at317(1)]);
  });

  it('does not make up for what was missed while nothing ran', async () => {
    const { began, timer } = run(nightly, ago(72 * hour));
    await vi.advanceTimersByTimeAsync(0);
    expect(began).toEqual([]);
    expect(timer.next()!.getTime() - start.getTime()).toBe(at317(0));
  });

  it('adds up to its jitter', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const { began } = run({ ...nightly, jitterMs: hour });
    await vi.advanceTimersByTimeAsync(24 * hour);
    expect(began).toEqual([at317(0) + hour / 2]);
  });

  it('keeps its appointment where it is planned anew within the jitter', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.9);
    const noon: Schedule = { cron: '55 11 * * *', jitterMs: 10 * 60_000 };
    const { began } = run(noon, ago(24 * hour));
    await vi.advanceTimersByTimeAsync(hour);
    expect(began).toEqual([4 * 60_000]);
  });

  it('does not run again for a time for which it ran', async () => {
    const noon: Schedule = { cron: '55 11 * * *', jitterMs: 10 * 60_000 };
    const { began } = run(noon, ago(2 * 60_000));
    await vi.advanceTimersByTimeAsync(hour);
    expect(began).toEqual([]);
  });
});

describe('A timer that is stopped', () => {
  it('does not run any more', async () => {
    const { began, timer } = run(every(hour), ago(0));
    await vi.advanceTimersByTimeAsync(hour / 2);
    timer.stop();
    await vi.advanceTimersByTimeAsync(10 * hour);
    expect(began).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not even start where that was before it knew its last run', async () => {
    const { began, timer } = run(every(hour));
    timer.stop();
    await vi.advanceTimersByTimeAsync(hour);
    expect(began).toEqual([]);
  });

  it('lets a run end, and plans no other', async () => {
    const { began, timer } = run(every(hour), undefined, hour / 2);
    await vi.advanceTimersByTimeAsync(1);
    timer.stop();
    await vi.advanceTimersByTimeAsync(10 * hour);
    expect(began).toEqual([0]);
    expect(timer.next()).toBeUndefined();
  });
});

describe('A timer whose run fails', () => {
  it('goes on with its schedule, also where nothing could be recorded', async () => {
    let count = 0;
    const timer = startTimer(
      every(hour),
      async () => undefined,
      async () => {
        count++;
        throw new Error('the disk is full');
      },
    );
    timers.push(timer);
    await vi.advanceTimersByTimeAsync(hour - 1);
    expect(count).toBe(1);
    await vi.advanceTimersByTimeAsync(hour);
    expect(count).toBe(2);
  });

  it('goes on where the last run cannot be looked up', async () => {
    let count = 0;
    const timer = startTimer(
      every(hour),
      async () => {
        throw new Error('the database is damaged');
      },
      async () => {
        count++;
      },
    );
    timers.push(timer);
    await vi.advanceTimersByTimeAsync(2.5 * hour);
    expect(count).toBe(3);
  });
});

it('A timer without interval and pattern never runs', async () => {
  const { began, timer } = run({ jitterMs: 0 });
  await vi.advanceTimersByTimeAsync(1000 * hour);
  expect(began).toEqual([]);
  expect(timer.next()).toBeUndefined();
});
