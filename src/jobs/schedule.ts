import { Cron } from 'croner';
import { z } from 'zod';
import { timeOf } from '../base/filters.ts';
import { dayOf, instantOf, isTimeZone, monthDayOf, wallTimeOf, weekdayOf } from './local-time.ts';

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Years beyond these are nobody's plan. */
const latest = Date.UTC(2500, 0, 1);

/** A time, given in UTC and to the second. */
const timeSchema = z
  .string()
  .refine((text) => timeOf(text) !== undefined, 'a time such as 2026-12-01T03:00:00Z')
  .transform((text) => Math.floor(Date.parse(timeOf(text)!) / 1000) * 1000)
  .refine((at) => at >= 0 && at < latest, 'a time between 1970 and 2500')
  .transform((at) => new Date(at).toISOString());

/** By whose clocks: of the IANA's list. */
const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, 'a time zone such as Europe/Berlin')
  .default('UTC');
/** Not after this time. */
const until = timeSchema.optional();

const everySchema = z.strictObject({
  every: z.enum(['hour', 'day', 'week', 'month']),
  interval: z.number().int().min(1).max(1000).default(1),
  /** The first time; the others have its time of day, and its day of the week or month. */
  from: timeSchema,
  /** Of weekly ones: several days, in each week that counts. */
  days: z
    .array(z.enum(weekdays))
    .min(1)
    .transform((days) => weekdays.filter((day) => days.includes(day)))
    .optional(),
  ...{ timeZone, until },
});
const cronSchema = z.strictObject({
  cron: z.string().max(200),
  /** Not before this time. */
  from: timeSchema.optional(),
  ...{ timeZone, until },
});
/** `now`: that was when it was made. */
const onceSchema = z.strictObject({ once: timeSchema, now: z.literal(true).optional(), timeZone });

/** When something happens: once, every so often by the clocks of a time zone, or by a cron pattern. */
export const scheduleSchema = z
  .union([onceSchema, everySchema, cronSchema])
  // What is wrong in itself does not get here.
  .transform((schedule, ctx) => {
    const problem = problemOf(schedule);
    if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem });
    return schedule;
  });
export type Schedule = z.output<typeof scheduleSchema>;
type Every = z.output<typeof everySchema>;
type ByCron = z.output<typeof cronSchema>;

function problemOf(schedule: z.output<typeof onceSchema> | Every | ByCron): string | undefined {
  if ('once' in schedule) return undefined;
  if ('every' in schedule && schedule.days !== undefined && schedule.every !== 'week') {
    return 'days are of weekly schedules only';
  }
  if ('cron' in schedule) {
    try {
      cronOf(schedule);
    } catch {
      return `"${schedule.cron}" is no cron pattern`;
    }
    // Dates are taken for patterns that hold once.
    if (schedule.cron.trim().split(/\s+/).length !== 5) return 'a cron pattern has five fields';
  }
  return nextTime(schedule, 0) === undefined ? 'it never happens' : undefined;
}

/** The first time after an instant; undefined where there is none. In milliseconds, as all here. */
export function nextTime(schedule: Schedule, after: number): number | undefined {
  if ('once' in schedule) return within(schedule, Date.parse(schedule.once), after);
  if ('cron' in schedule) {
    const from = schedule.from === undefined ? 0 : Date.parse(schedule.from);
    const next = cronOf(schedule).nextRun(new Date(Math.max(after, from - 1000)));
    return within(schedule, next?.getTime(), after);
  }
  const period = periodsOf(schedule);
  for (let k = Math.max(0, period.of(after) - 1); ; k++) {
    const found = period.times(k).find((at) => at > after);
    if (found !== undefined) return within(schedule, found, after);
  }
}

/** The last time until an instant, this included; undefined where there is none. */
export function lastTime(schedule: Schedule, until: number): number | undefined {
  const end =
    'until' in schedule && schedule.until !== undefined ? Date.parse(schedule.until) : until;
  const at = Math.min(until, end);
  if ('once' in schedule) {
    const once = Date.parse(schedule.once);
    return once <= at ? once : undefined;
  }
  if ('cron' in schedule) {
    // It looks for what is before that.
    const [last] = cronOf(schedule).previousRuns(1, new Date(Math.floor(at / 1000) * 1000 + 1000));
    const from = schedule.from === undefined ? 0 : Date.parse(schedule.from);
    return last && last.getTime() >= from ? last.getTime() : undefined;
  }
  const period = periodsOf(schedule);
  for (let k = period.of(at) + 1; k >= 0; k--) {
    const found = period.times(k).findLast((time) => time <= at);
    if (found !== undefined) return found;
  }
  return undefined;
}

function within(schedule: Schedule, at: number | undefined, after: number): number | undefined {
  if (at === undefined || at <= after || at >= latest) return undefined;
  const until = 'until' in schedule ? schedule.until : undefined;
  return until !== undefined && at > Date.parse(until) ? undefined : at;
}

const cronOf = ({ cron, timeZone }: ByCron) =>
  new Cron(cron, { timezone: timeZone, mode: '5-part' });

/**
 * A schedule's periods, counted from that of its first time: the times in one, in order, and about which one an instant is in, to
 * one more or less. Hours are hours that pass; days, weeks and months are those of the calendar.
 */
function periodsOf(schedule: Every): { times(k: number): number[]; of(instant: number): number } {
  const { every, interval, timeZone } = schedule;
  const from = Date.parse(schedule.from);
  if (every === 'hour') {
    const length = interval * 3_600_000;
    return {
      times: (k) => [from + k * length],
      of: (instant) => Math.floor((instant - from) / length),
    };
  }
  const first = wallTimeOf(from, timeZone);
  // The second of two times that clocks show may be the first one wanted.
  const at = (day: number) =>
    day === first.day ? from : instantOf({ day, second: first.second }, timeZone);
  const notBefore = (days: number[]) => days.map(at).filter((time) => time >= from);
  const dayAt = (instant: number) => wallTimeOf(Math.max(instant, 0), timeZone).day;
  if (every === 'month') {
    const { month, date } = monthDayOf(first.day);
    return {
      times: (k) => [at(dayOf({ month: month + k * interval, date }))],
      of: (instant) => Math.floor((monthDayOf(dayAt(instant)).month - month) / interval),
    };
  }
  const length = every === 'week' ? 7 * interval : interval;
  if (schedule.days === undefined) {
    return {
      times: (k) => [at(first.day + k * length)],
      of: (instant) => Math.floor((dayAt(instant) - first.day) / length),
    };
  }
  const monday = first.day - weekdayOf(first.day);
  const wanted = schedule.days.map((day) => weekdays.indexOf(day));
  return {
    times: (k) => notBefore(wanted.map((weekday) => monday + k * length + weekday)),
    of: (instant) => Math.floor((dayAt(instant) - monday) / length),
  };
}
