import { Cron } from 'croner';

/** What clocks on the wall say, to the second. */
export interface WallTime {
  /** Days since 1970-01-01. */
  day: number;
  /** Seconds since midnight, as the clock shows them. */
  second: number;
}

const dayMs = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether a time zone of that name is known, such as Europe/Berlin. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What clocks in a time zone show at an instant (milliseconds). */
export function wallTimeOf(instant: number, timeZone: string): WallTime {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  ) as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>;
  const { year, month, day, hour, minute, second } = parts;
  return {
    day: Date.UTC(year, month - 1, day) / dayMs,
    second: hour * 3600 + minute * 60 + second,
  };
}

/**
 * When clocks in a time zone show something: the first time of two, and as much later as they are put forward where they
 * never do.
 */
export function instantOf({ day, second }: WallTime, timeZone: string): number {
  const shown = new Date(day * dayMs + second * 1000).toISOString().slice(0, 19);
  return new Cron(shown, { timezone: timeZone }).getOnce()!.getTime();
}

/** 0 for Monday to 6. */
export const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7;

export interface MonthDay {
  /** Months since the year 0. */
  month: number;
  /** 1 to 31. */
  date: number;
}

export function monthDayOf(day: number): MonthDay {
  const at = new Date(day * dayMs);
  return { month: at.getUTCFullYear() * 12 + at.getUTCMonth(), date: at.getUTCDate() };
}

/** The day of that date, or the last one of a month that is shorter. */
export function dayOf({ month, date }: MonthDay): number {
  const first = Date.UTC(Math.floor(month / 12), month % 12, 1) / dayMs;
  const next = Date.UTC(Math.floor((month + 1) / 12), (month + 1) % 12, 1) / dayMs;
  return first + Math.min(date, next - first) - 1;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23' },
      ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
    formats.set(timeZone, format);
  }
  return format;
}
