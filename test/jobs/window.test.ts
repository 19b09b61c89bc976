import { describe, expect, it } from 'vitest';
import { dueNow, nextDue, type Timing } from '../../src/jobs/due-times.ts';
import { scheduleSchema } from '../../src/jobs/schedule.ts';
import { openAt, whenOpen, windowSchema } from '../../src/jobs/window.ts';

const at = (iso: string) => Date.parse(iso);
const shown = (time: number | undefined) =>
  time === undefined ? undefined : new Date(time).toISOString().slice(0, 16);

describe('A window', () => {
  const window = windowSchema.parse({ days: ['sun', 'sat'], from: '22:00', minutes: 180 });

  it('may go on after midnight, and is shut when its minutes are over', () => {
    // The 7th is a Saturday.
    expect(openAt(window, 'UTC', at('2026-03-08T00:59:59Z'))).toEqual({
      ...{ opens: at('2026-03-07T22:00:00Z'), closes: at('2026-03-08T01:00:00Z') },
    });
    expect(openAt(window, 'UTC', at('2026-03-08T01:00:00Z'))).toBeUndefined();
    expect(openAt(window, 'UTC', at('2026-03-07T21:59:59Z'))).toBeUndefined();
    expect(shown(whenOpen(window, 'UTC', at('2026-03-08T01:00:00Z')))).toBe('2026-03-08T22:00');
    expect(shown(whenOpen(window, 'UTC', at('2026-03-09T01:00:00Z')))).toBe('2026-03-14T22:00');
  });

  it('goes by the clocks of its zone, of which one may leave its opening out', () => {
    const night = windowSchema.parse({ from: '02:30', minutes: 60 });
    const berlin = 'Europe/Berlin';
    expect(shown(whenOpen(night, berlin, at('2026-03-28T12:00:00Z')))).toBe('2026-03-29T01:30');
    expect(shown(whenOpen(night, berlin, at('2026-10-24T12:00:00Z')))).toBe('2026-10-25T00:30');
    // The second time that clocks show 02:30 it is shut.
    expect(shown(whenOpen(night, berlin, at('2026-10-25T01:30:00Z')))).toBe('2026-10-26T01:30');
  });

  it('that is open all day is always open', () => {
    const always = windowSchema.parse({ from: '00:00', minutes: 1440 });
    for (let time = at('2026-10-20T00:00:00Z'); time < at('2026-10-25T00:00:00Z'); time += 4e6) {
      expect(whenOpen(always, 'UTC', time)).toBe(time);
    }
  });
});

describe('A schedule with a window', () => {
  const timing: Timing = {
    schedule: scheduleSchema.parse({ every: 'hour', interval: 1, from: '2026-03-01T00:20:00Z' }),
    window: windowSchema.parse({ from: '03:00', minutes: 90 }),
  };

  it('is due once where several times wait for the opening, and at each time within', () => {
    const dues = [at('2026-03-02T00:00:00Z')];
    for (let i = 0; i < 4; i++) dues.push(nextDue(timing, dues.at(-1)!)!);
    expect(dues.slice(1).map(shown)).toEqual([
      ...['2026-03-02T03:00', '2026-03-02T03:20', '2026-03-02T04:20', '2026-03-03T03:00'],
    ]);
  });

  it('has nothing to make up for once the window is shut', () => {
    const now = (time: string) => shown(dueNow(timing, at(time))?.due);
    expect(now('2026-03-02T02:59:00Z')).toBeUndefined();
    expect(now('2026-03-02T03:10:00Z')).toBe('2026-03-02T03:00');
    expect(now('2026-03-02T03:25:00Z')).toBe('2026-03-02T03:20');
    expect(now('2026-03-02T04:29:00Z')).toBe('2026-03-02T04:20');
    expect(now('2026-03-02T04:30:00Z')).toBeUndefined();
    expect(shown(dueNow(timing, at('2026-03-02T03:25:00Z'))?.closes)).toBe('2026-03-02T04:30');
  });

  it('ends with its schedule', () => {
    const once = { schedule: scheduleSchema.parse({ once: '2026-03-02T12:00:00Z' }) };
    const waiting = { ...once, window: timing.window };
    expect(shown(nextDue(waiting, at('2026-03-01T00:00:00Z')))).toBe('2026-03-03T03:00');
    expect(nextDue(waiting, at('2026-03-03T03:00:00Z'))).toBeUndefined();
    expect(dueNow(waiting, at('2026-03-02T13:00:00Z'))).toBeUndefined();
    expect(shown(dueNow(waiting, at('2026-03-03T03:30:00Z'))?.due)).toBe('2026-03-03T03:00');
  });

  it('is not due once its end is over, though a time before that waits for the window', () => {
    const daily = { every: 'day', from: '2026-03-01T12:00:00Z' };
    const ending = (until: string) => ({
      schedule: scheduleSchema.parse({ ...daily, until }),
      window: timing.window,
    });
    const last = at('2026-03-03T03:00:00Z');
    for (const until of ['2026-03-03T12:00:00Z', '2026-03-04T02:59:59Z']) {
      expect(shown(nextDue(ending(until), last - 1))).toBe('2026-03-03T03:00');
      expect(nextDue(ending(until), last)).toBeUndefined();
      expect(nextDue(ending(until), at('2026-03-03T12:00:00Z'))).toBeUndefined();
      expect(dueNow(ending(until), at('2026-03-04T03:30:00Z'))).toBeUndefined();
    }
    expect(shown(nextDue(ending('2026-03-04T03:00:00Z'), last))).toBe('2026-03-04T03:00');
  });
});
