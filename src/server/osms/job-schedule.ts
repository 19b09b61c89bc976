import { z } from 'zod';
import type { Job } from '../../jobs/job.ts';
import { type Schedule, scheduleSchema } from '../../jobs/schedule.ts';
import { apiError } from './errors.ts';
import { timeSchema } from './times.ts';

const intervalTypes = ['HOUR', 'DAY', 'WEEK', 'MONTH'] as const;

/** The members that say when a job runs. */
export const jobScheduleShape = {
  scheduleType: z.enum(['ONETIME', 'RECURRING']).optional(),
  timeNextExecution: timeSchema.optional(),
  intervalType: z.enum(intervalTypes).optional(),
  intervalValue: z.union([z.string().regex(/^\d{1,4}$/), z.number()]).optional(),
};

export interface SaidSchedule {
  scheduleType?: 'ONETIME' | 'RECURRING' | undefined;
  /** The first time of what recurs. */
  timeNextExecution?: string | undefined;
  intervalType?: (typeof intervalTypes)[number] | undefined;
  intervalValue?: string | number | undefined;
  /** By the names of `headwater`; null takes one out. */
  timeZone?: string | null | undefined;
  until?: string | null | undefined;
  days?: string[] | null | undefined;
  cron?: string | null | undefined;
}

/** A schedule in the API's members, and in those that are `headwater`'s. */
export function shownSchedule(schedule: Schedule): SaidSchedule {
  const { timeZone } = schedule;
  if ('once' in schedule) {
    return { scheduleType: 'ONETIME', timeNextExecution: schedule.once, timeZone };
  }
  const { from, until } = schedule;
  const common = { scheduleType: 'RECURRING', timeNextExecution: from, timeZone, until } as const;
  if ('cron' in schedule) return { ...common, cron: schedule.cron };
  return {
    ...common,
    intervalType: intervalTypes.find((t) => t.toLowerCase() === schedule.every)!,
    intervalValue: String(schedule.interval),
    days: schedule.days,
  };
}

/**
 * The schedule that a job is changed to; undefined where nothing is said of it, or no more than is shown of the job: that has its
 * next time in the place of the first, which would be another first time. Throws AppError 'usage'.
 */
export function changedSchedule(said: SaidSchedule, { schedule, nextAt }: Job): unknown {
  const { timeNextExecution, ...rest } = said;
  if (nextAt === null || timeNextExecution !== nextAt) return scheduleOf(said, schedule);
  const same = scheduleSchema.safeParse(scheduleOf(rest, schedule) ?? schedule);
  const known = JSON.stringify(withoutNow(schedule));
  if (same.success && JSON.stringify(withoutNow(same.data)) === known) return undefined;
  return scheduleOf(said, schedule);
}

/** Without what the API has no member for. */
const withoutNow = (schedule: Schedule): Schedule =>
  'once' in schedule ? { once: schedule.once, timeZone: schedule.timeZone } : schedule;

/** The schedule that a job is given, to be checked still; undefined where nothing is said of it. Throws AppError 'usage'. */
export function scheduleOf(said: SaidSchedule, before?: Schedule): unknown {
  const given = Object.fromEntries(Object.entries(said).filter(([, v]) => v !== undefined));
  if (Object.keys(given).length === 0) return undefined;
  const known = before === undefined ? {} : shownSchedule(before);
  const { scheduleType, timeNextExecution, ...rest } = { ...known, ...given } as SaidSchedule;
  const { timeZone, until, days } = rest;
  const zone = timeZone == null ? {} : { timeZone };
  if (scheduleType === 'ONETIME') {
    for (const name of ['intervalType', 'intervalValue', 'until', 'days', 'cron'] as const) {
      if (said[name] != null) {
        throw apiError('InvalidParameter', `${name}: is for RECURRING jobs only`);
      }
    }
    if (timeNextExecution === undefined) throw missing('timeNextExecution');
    return { once: timeNextExecution, ...zone };
  }
  const common = { ...zone, ...(until != null && { until }) };
  // Who names an interval has no use for a pattern that was there before.
  const cron = said.intervalType === undefined ? rest.cron : said.cron;
  if (cron != null) {
    return { cron, ...common, ...(timeNextExecution !== undefined && { from: timeNextExecution }) };
  }
  if (timeNextExecution === undefined) throw missing('timeNextExecution');
  if (rest.intervalType === undefined) throw missing('intervalType');
  const every = rest.intervalType.toLowerCase();
  return {
    ...{ every, interval: Number(rest.intervalValue ?? 1), from: timeNextExecution, ...common },
    ...(days != null && (every === 'week' || said.days != null) && { days }),
  };
}

const missing = (name: string) => apiError('MissingParameter', `${name}: is missing`);
