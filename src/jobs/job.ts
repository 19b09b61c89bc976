import type { z } from 'zod';
import { AppError, oneLine } from '../base/errors.ts';
import { issuesOf } from '../base/issues.ts';
import type { StoredJob } from '../store/state/jobs.ts';
import { type Rollout, rolloutSchema } from './rollout.ts';
import { type Schedule, scheduleSchema } from './schedule.ts';
import { hasTargets, type Targets, targetsSchema } from './targets.ts';

/** Work for instances, and when they get it. Times are RFC 3339 in UTC. */
export interface Job {
  id: number;
  name: string;
  compartment: string;
  description: string;
  freeformTags: Record<string, string>;
  definedTags: Record<string, Record<string, unknown>>;
  schedule: Schedule;
  /** What each instance does: others know what it means. */
  work: unknown;
  targets: Targets;
  rollout: Rollout;
  state: 'active' | 'paused' | 'ended';
  /** When it is due; null where it never is again, or is paused. */
  nextAt: string | null;
  /** When it was due that it ran last. */
  lastAt: string | null;
  /** What is to be said of its last run, or of why there was none. */
  message: string | null;
  /** Whether it ended because it could not be run. */
  failed: boolean;
  /** The times for which it was left out by hand, the last ones of them. */
  skipped: string[];
  createdAt: string;
  createdBy: string;
  changedAt: string;
}

/** What people say of a job; of a change, all of it may be left out. */
export interface JobAbout {
  name: string;
  /** A path; empty for the root. */
  compartment: string;
  description: string;
  freeformTags: Record<string, string>;
  definedTags: Record<string, Record<string, unknown>>;
  /** As `scheduleSchema` has it, or `{ now: true }`. */
  schedule: unknown;
  work: unknown;
  /** As `targetsSchema` has it. */
  targets: unknown;
  /** As `rolloutSchema` has it. */
  rollout: unknown;
}

interface Details {
  freeformTags?: Record<string, string>;
  definedTags?: Record<string, Record<string, unknown>>;
  failed?: true;
  skipped?: string[];
}

/** So many times that were left out are known still. */
const mostSkipped = 100;
const longestName = 255;
const longestDescription = 1000;

/** A job as it is in the database. */
export function jobOf(row: StoredJob): Job {
  const { freeformTags = {}, definedTags = {}, ...details } = JSON.parse(row.details) as Details;
  return {
    ...{ id: row.id, name: row.name, compartment: row.compartment, description: row.description },
    ...{ freeformTags, definedTags },
    schedule: JSON.parse(row.schedule) as Schedule,
    work: JSON.parse(row.work),
    targets: JSON.parse(row.targets) as Targets,
    rollout: JSON.parse(row.rollout) as Rollout,
    ...{ state: row.state, nextAt: row.next_at, lastAt: row.last_at, message: row.message },
    ...{ failed: details.failed ?? false, skipped: details.skipped ?? [] },
    ...{ createdAt: row.created_at, createdBy: row.created_by, changedAt: row.changed_at },
  };
}

/** The columns of a job that change. */
export function rowOf(job: Omit<Job, 'id' | 'createdAt' | 'createdBy'>) {
  const { freeformTags, definedTags, failed, skipped } = job;
  const details: Details = {
    ...{ freeformTags, definedTags },
    ...(failed && { failed }),
    ...(skipped.length > 0 && { skipped: skipped.slice(-mostSkipped) }),
  };
  return {
    ...{ name: job.name, compartment: job.compartment, description: job.description },
    details: JSON.stringify(details),
    schedule: JSON.stringify(job.schedule),
    work: JSON.stringify(job.work),
    targets: JSON.stringify(job.targets),
    rollout: JSON.stringify(job.rollout),
    ...{ state: job.state, next_at: job.nextAt, last_at: job.lastAt, message: job.message },
    changed_at: job.changedAt,
  };
}

/** Whether it runs once, when it is made. */
export const isNow = ({ schedule }: Pick<Job, 'schedule'>): boolean =>
  'once' in schedule && schedule.now === true;

export const over = (id: number): AppError =>
  new AppError('conflict', `job ${id} has ended`, {
    hint: 'run it now, or give it another schedule',
  });

/** What is said of a job, checked. `now` (milliseconds) is what `{ now: true }` means. Throws AppError 'usage'. */
export function checkedAbout(about: Partial<JobAbout>, now: number): Partial<Job> {
  const { schedule, targets, rollout, ...rest } = about;
  const said = Object.fromEntries(Object.entries(rest).filter(([, v]) => v !== undefined));
  checkTexts(about);
  return {
    ...(said as Partial<Job>),
    ...(schedule !== undefined && { schedule: scheduleOf(schedule, now) }),
    ...(targets !== undefined && { targets: targetsOf(targets) }),
    ...(rollout !== undefined && { rollout: parsed(rolloutSchema, rollout, 'rollout') }),
  };
}

function checkTexts({ name, description }: Partial<JobAbout>): void {
  if (name !== undefined) {
    const isFit = name.trim() !== '' && name.length <= longestName && oneLine(name) === name;
    if (!isFit) throw new AppError('usage', `a job's name has 1 to ${longestName} characters`);
  }
  if (description !== undefined && description.length > longestDescription) {
    throw new AppError('usage', `a description has at most ${longestDescription} characters`);
  }
}

function scheduleOf(given: unknown, now: number): Schedule {
  const isNow = typeof given === 'object' && given !== null && 'now' in given && !('once' in given);
  const meant = isNow ? { ...given, once: new Date(now).toISOString() } : given;
  return parsed(scheduleSchema, meant, 'schedule');
}

function targetsOf(given: unknown): Targets {
  const targets = parsed(targetsSchema, given, 'targets');
  if (hasTargets(targets)) return targets;
  throw new AppError('usage', 'the job is for nobody', {
    hint: 'name instances, groups, compartments or a search',
  });
}

function parsed<T extends z.ZodType>(schema: T, given: unknown, what: string): z.output<T> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const said = issuesOf(result.error).map(({ path, message }) =>
    [[what, ...path].join('.'), message].join(': '),
  );
  throw new AppError('usage', said.join('\n'));
}
