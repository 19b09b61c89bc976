import { describe, expect, it } from 'vitest';
import { wallTimeOf } from '../../src/jobs/local-time.ts';
import { lastTime, nextTime, type Schedule, scheduleSchema } from '../../src/jobs/schedule.ts';
import { randomFrom } from '../support/random.ts';

const schedule = (given: object): Schedule => scheduleSchema.parse(given);
const at = (iso: string) => Date.parse(iso);

/** The first so many times after one, in the local time that they are for where that is wanted. */
function times(given: object, count: number, after = '2000-01-01T00:00:00Z'): string[] {
  const found: string[] = [];
  for (let last: number | undefined = at(after); found.length < count; ) {
    last = nextTime(schedule(given), last!);
    if (last === undefined) break;
    found.push(new Date(last).toISOString().replace(':00.000Z', 'Z'));
  }
  return found;
}

describe('A recurring schedule', () => {
  it('has the time of day and the interval of its first time', () => {
    const daily = { every: 'day', interval: 3, from: '2026-02-27T03:15:00Z' };
    expect(times(daily, 3)).toEqual([
      ...['2026-02-27T03:15Z', '2026-03-02T03:15Z', '2026-03-05T03:15Z'],
    ]);
    expect(times({ every: 'hour', interval: 5, from: '2026-02-27T22:00:00Z' }, 3)).toEqual([
      ...['2026-02-27T22:00Z', '2026-02-28T03:00Z', '2026-02-28T08:00Z'],
    ]);
    expect(times({ every: 'week', interval: 2, from: '2026-12-28T03:00:00Z' }, 3)).toEqual([
      ...['2026-12-28T03:00Z', '2027-01-11T03:00Z', '2027-01-25T03:00Z'],
    ]);
  });

  it('counts weeks from the one of its first time, with several days in each', () => {
    const from = '2026-12-02T03:00:00Z';
    expect(times({ every: 'week', interval: 2, from, days: ['fri', 'mon'] }, 4)).toEqual([
      ...['2026-12-04T03:00Z', '2026-12-14T03:00Z', '2026-12-18T03:00Z', '2026-12-28T03:00Z'],
    ]);
  });

  it('has the last day of months that are shorter, and does not stay there', () => {
    const monthly = { every: 'month', from: '2027-12-31T03:00:00Z' };
    expect(times(monthly, 5)).toEqual([
      ...['2027-12-31T03:00Z', '2028-01-31T03:00Z', '2028-02-29T03:00Z', '2028-03-31T03:00Z'],
      '2028-04-30T03:00Z',
    ]);
    expect(times({ ...monthly, interval: 12 * 4, from: '2024-02-29T03:00:00Z' }, 2)).toEqual([
      ...['2024-02-29T03:00Z', '2028-02-29T03:00Z'],
    ]);
    expect(times({ every: 'month', interval: 12, from: '2024-02-29T03:00:00Z' }, 2)).toEqual([
      ...['2024-02-29T03:00Z', '2025-02-28T03:00Z'],
    ]);
  });

  it('ends', () => {
    const daily = { every: 'day', from: '2026-03-01T03:00:00Z', until: '2026-03-03T03:00:00Z' };
    expect(times(daily, 9)).toHaveLength(3);
    expect(lastTime(schedule(daily), at('2030-01-01T00:00:00Z'))).toBe(at('2026-03-03T03:00:00Z'));
    expect(lastTime(schedule(daily), at('2026-02-01T00:00:00Z'))).toBeUndefined();
  });

  it('goes by the clocks of its time zone, where days have 23 and 25 hours', () => {
    const berlin = { every: 'day', timeZone: 'Europe/Berlin' };
    expect(times({ ...berlin, from: '2026-03-28T01:30:00Z' }, 3)).toEqual([
      // 02:30, which there is not on the 29th: as much later as clocks are put forward.
      ...['2026-03-28T01:30Z', '2026-03-29T01:30Z', '2026-03-30T00:30Z'],
    ]);
    expect(times({ ...berlin, from: '2026-10-24T00:30:00Z' }, 3)).toEqual([
      // 02:30, which there is twice on the 25th: the first time.
      ...['2026-10-24T00:30Z', '2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    ]);
    // Its first time may be the second of two.
    expect(times({ ...berlin, from: '2026-10-25T01:30:00Z' }, 2)).toEqual([
      ...['2026-10-25T01:30Z', '2026-10-26T01:30Z'],
    ]);
    // Hours pass, whatever clocks show.
    const hourly = { ...berlin, every: 'hour', interval: 6, from: '2026-10-24T22:00:00Z' };
    expect(times(hourly, 2)).toEqual(['2026-10-24T22:00Z', '2026-10-25T04:00Z']);
  });

  it('happens once where a whole day is left out', () => {
    const apia = { every: 'day', timeZone: 'Pacific/Apia', from: '2011-12-29T12:00:00Z' };
    // 02:00 of the 29th; the 30th never was there.
    expect(times(apia, 3)).toEqual(['2011-12-29T12:00Z', '2011-12-30T12:00Z', '2011-12-31T12:00Z']);
  });

  it('may be a cron pattern', () => {
    // The second Tuesday of each month.
    const patch = { cron: '0 3 * * 2#2', timeZone: 'Europe/Berlin', from: '2026-10-01T00:00:00Z' };
    expect(times(patch, 2)).toEqual(['2026-10-13T01:00Z', '2026-11-10T02:00Z']);
    expect(lastTime(schedule(patch), at('2026-10-13T01:00:00Z'))).toBe(at('2026-10-13T01:00:00Z'));
    expect(lastTime(schedule(patch), at('2026-10-13T00:59:59Z'))).toBeUndefined();
  });
});

it.each([
  ['a day of a month that never is', { cron: '0 0 30 2 *' }, 'it never happens'],
  ['no cron pattern', { cron: '61 * * * *' }, '"61 * * * *" is no cron pattern'],
  ['a date as a cron pattern', { cron: '2030-01-01T00:00:00' }, 'a cron pattern has five fields'],
  ['a nickname as a cron pattern', { cron: '@daily' }, 'a cron pattern has five fields'],
  ['seconds in a cron pattern', { cron: '* * * * * *' }, 'is no cron pattern'],
  ['an end before the first time', { every: 'day', from: '2026-03-02', until: '2026-03-01' }, 'it'],
  ['no interval', { every: 'day', interval: 0, from: '2026-03-02' }, '>=1'],
  ['half an interval', { every: 'day', interval: 1.5, from: '2026-03-02' }, 'int'],
  ['another interval', { every: 'year', from: '2026-03-02' }, 'Invalid'],
  ['no time zone', { every: 'day', from: '2026-03-02', timeZone: 'Mars/Olympus' }, 'a time zone'],
  [
    'days of months',
    { every: 'month', from: '2026-03-02', days: ['mon'] },
    'weekly schedules only',
  ],
  ['no day', { every: 'week', from: '2026-03-02', days: [] }, '>=1'],
  ['no time', { once: 'tomorrow' }, 'a time such as'],
  ['a time that is not', { once: '2026-02-30T00:00:00Z' }, 'a time such as'],
  ['a time of nobody', { once: '9999-01-01' }, 'between'],
  ['nothing', {}, 'Invalid'],
])('What is no schedule is refused: %s', (_, given, said) => {
  const { success, error } = scheduleSchema.safeParse(given);
  expect(success).toBe(false);
  expect(JSON.stringify(error!.issues)).toContain(said.replaceAll('"', '\\"'));
});

it('Any schedule has the same times forwards and backwards', () => {
  const next = randomFrom(7);
  const random = {
    below: (n: number) => Math.floor(next() * n),
    pick: <T>(all: readonly T[]): T => all[Math.floor(next() * all.length)]!,
  };
  const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'];
  const day = 86_400_000;
  for (let i = 0; i < 60; i++) {
    const from = at('2026-01-01T00:00:00Z') + random.below(600 * day);
    const timeZone = random.pick(zones);
    const given = random.pick([
      { every: 'hour', interval: 1 + random.below(40) },
      { every: 'day', interval: 1 + random.below(5) },
      { every: 'week', interval: 1 + random.below(3), days: ['mon', 'thu', 'sun'] },
      { every: 'month', interval: 1 + random.below(4) },
      {
        cron: random.pick([
          '*/15 * * * *',
          '30 2 * * *',
          '0 1-3 * * 0',
          '59 23 L * *',
          '0 3 * * 2#2',
        ]),
      },
    ]);
    const planned = schedule({ ...given, timeZone, from: new Date(from).toISOString() });
    const start = from - 5 * day + random.below(400 * day);
    let last = start;
    for (let k = 0; k < 12; k++) {
      const next = nextTime(planned, last)!;
      expect(next).toBeGreaterThan(last);
      expect(lastTime(planned, next)).toBe(next);
      const before = lastTime(planned, next - 1);
      if (k > 0) expect(before).toBe(last);
      else expect(before === undefined || before <= start).toBe(true);
      last = next;
    }
  }
});

it('Daily ones are what a walk over the quarters of an hour finds, the first that clocks show each day', () => {
  const quarter = 900_000;
  for (const timeZone of [
    'Europe/Berlin',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
  ]) {
    const from = at('2026-01-10T00:15:00Z');
    const wanted = wallTimeOf(from, timeZone);
    const found = new Map<number, number>();
    for (let time = from; time < from + 330 * 96 * quarter; time += quarter) {
      const { day, second } = wallTimeOf(time, timeZone);
      const isDay = (day - wanted.day) % 3 === 0 && second === wanted.second;
      if (isDay && !found.has(day)) found.set(day, time);
    }
    const iso = new Date(from).toISOString();
    const planned = schedule({ every: 'day', interval: 3, timeZone, from: iso });
    let last = from - 1;
    let left = 0;
    for (let i = 0; i < 105; i++) {
      last = nextTime(planned, last)!;
      const day = wanted.day + 3 * i;
      // Clocks may leave it out on one day of a year.
      if (found.has(day)) expect(last).toBe(found.get(day));
      else left++;
    }
    expect(left).toBeLessThan(2);
  }
});
