import { AppError, explain } from '../base/errors.ts';
import type { JobTable } from '../store/state/jobs.ts';
import { dueNow, nextDue, type Timing } from './due-times.ts';
import type { Job } from './job.ts';
import { atOnceOf } from './rollout.ts';
import type { Targets } from './targets.ts';

/** What a run is asked to be. */
export interface RunRequest {
  job: Job;
  instances: number[];
  /** RFC 3339: for which of its times; undefined where somebody runs it now. */
  dueAt: string | undefined;
  description: string;
  /** Who asks: user:NAME, job:ID. */
  by: string;
  rollout: {
    maxAtOnce: number | undefined;
    stopAfter: number | undefined;
    /** RFC 3339. */
    until: string | undefined;
  };
}

export interface RunningDeps {
  table: Pick<JobTable, 'ran' | 'busy'>;
  /** The instances that there are, each once; and what of the targets is not there any more, in words. */
  resolveTargets(targets: Targets): Promise<{ instances: number[]; missing: string[] }>;
  /** Throws AppErrors where it cannot be. Makes one run for each time of a job. */
  startRun(request: RunRequest): Promise<{ id: number; ocid: string }>;
}

export interface Started {
  id: number;
  ocid: string;
  instances: number;
  /** What is to be said of it; null for nothing. */
  message: string | null;
}

/** A run that begins so much later than it was due is said to be late, in milliseconds. */
const lateAfter = 300_000;

export const timingOf = ({ schedule, rollout }: Pick<Job, 'schedule' | 'rollout'>): Timing => ({
  ...{ schedule, window: rollout.window },
});

export const isoOf = (at: number): string => new Date(at).toISOString();

/**
 * When a job is due next after an instant (milliseconds), as RFC 3339, without what is left out by hand; null where it never
 * is.
 */
export function nextAfter(
  job: Pick<Job, 'schedule' | 'rollout' | 'skipped'>,
  after: number,
): string | null {
  const next = nextDue(timingOf(job), after);
  if (next === undefined) return null;
  return job.skipped.includes(isoOf(next)) ? nextAfter(job, next) : isoOf(next);
}

/** Starts what jobs are for. */
export function createRunning({ table, resolveTargets, startRun }: RunningDeps) {
  /** Starts a run; who is at an earlier one of the same job still is left out. */
  async function start(
    job: Job,
    about: { due?: { at: number; now: number; closes: number | undefined }; by: string },
  ): Promise<Started> {
    const { due, by } = about;
    const found = await resolveTargets(job.targets);
    const missing = [...job.targets.gone, ...found.missing];
    const busy = new Set(await table.busy(job.id));
    const instances = found.instances.filter((id) => !busy.has(id));
    const left = found.instances.length - instances.length;
    const isLate = due !== undefined && due.now - due.at > lateAfter;
    const run = await startRun({
      ...{ job, instances, by },
      dueAt: due && isoOf(due.at),
      description: isLate ? `${job.name} (late: it was due at ${isoOf(due.at)})` : job.name,
      rollout: {
        maxAtOnce: atOnceOf(job.rollout, instances.length),
        stopAfter: job.rollout.stopAfter,
        until: due?.closes === undefined ? undefined : isoOf(due.closes),
      },
    });
    const said = [
      ...(instances.length === 0 ? ['there was nothing to do: no instance is left'] : []),
      ...(isLate ? [`it ran late, at ${isoOf(due.now)}`] : []),
      ...(missing.length > 0 ? [`left out, as they are no more: ${shortened(missing)}`] : []),
      ...(left > 0 ? [`left out, as they are at an earlier run still: ${left} of them`] : []),
    ];
    const message = said.length === 0 ? null : said.join('; ');
    return { ...run, instances: instances.length, message };
  }

  return {
    start,

    /**
     * Does what a job that is due is to do now: gives what is to be written of it. Throws where that is to be tried again, as nothing
     * can be said yet. `unable`: a run that was due is not made.
     */
    async settle(job: Job, now: number): Promise<Partial<Job> & { unable?: true }> {
      const found = dueNow(timingOf(job), now);
      const dueAt = found && isoOf(found.due);
      if (!found || dueAt === undefined || dueAt < job.nextAt!) {
        const message = `the run that was due at ${job.nextAt} was missed: its window was over`;
        const then = after(job, now);
        return { ...then, message, failed: then.state === 'ended', unable: true };
      }
      const then = after(job, Math.max(now, found.due));
      if (job.skipped.includes(dueAt)) return then;
      // A run was made, and the server was stopped before that was written down; or the clock was put back.
      if (await table.ran(job.id, dueAt)) return { ...then, lastAt: dueAt };
      try {
        const due = { at: found.due, now, closes: found.closes };
        const { message } = await start(job, { due, by: `job:${job.id}` });
        return { ...then, lastAt: dueAt, message, failed: false };
      } catch (error) {
        if (!(error instanceof AppError) || passing.has(error.kind)) throw error;
        const message = `the run that was due at ${dueAt} could not be made: ${explain(error)}`;
        const failed = then.state === 'ended';
        return { ...then, lastAt: dueAt, message, failed, unable: true };
      }
    },
  };
}

/** Kinds of errors that go by. */
const passing: ReadonlySet<string> = new Set(['no_space', 'disk', 'locked', 'cancelled']);

/** How a job goes on. */
function after(job: Job, at: number): Partial<Job> & Pick<Job, 'state'> {
  const nextAt = nextAfter(job, at);
  return { nextAt, state: nextAt === null ? 'ended' : 'active' };
}

const shown = 5;

const shortened = (names: readonly string[]): string =>
  names.length > shown
    ? `${names.slice(0, shown).join(', ')} and ${names.length - shown} more`
    : names.join(', ');
