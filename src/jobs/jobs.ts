import pLimit from 'p-limit';
import { AppError, explain } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { JobTable } from '../store/state/jobs.ts';
import { nextDue } from './due-times.ts';
import { checkedAbout, isNow, type Job, type JobAbout, jobOf, over, rowOf } from './job.ts';
import {
  createRunning,
  isoOf,
  nextAfter,
  type RunningDeps,
  type Started,
  timingOf,
} from './running.ts';
import { withoutGone, withRenamed } from './targets.ts';
import { startTicking } from './ticking.ts';

export type Jobs = ReturnType<typeof createJobs>;

interface Deps extends RunningDeps {
  table: JobTable;
  /** Notes a change in the audit; `actor` is user:NAME or job:ID. */
  note(entry: { actor: string; event: string; subject: string; detail?: string }): void;
  /** Milliseconds since 1970. */
  now(): number;
  log: Log;
}

/** A job of which a run could not be made, or was missed. */
export interface Unable {
  id: number;
  name: string;
  message: string;
}

/** A time that a client's clock made of now is not in the past, in milliseconds. */
const tolerated = 60_000;

/** Jobs: who decides when work is started. Everything is in the state database; a run is made once for each time of a job. */
export function createJobs({ table, note, now, log, ...deps }: Deps) {
  const running = createRunning({ table, ...deps });
  /** One after the other, so that nothing is decided by what is not so any more. */
  const inTurn = pLimit(1);
  const onUnable: ((about: Unable) => void)[] = [];
  let closing = false;
  let ticking: ReturnType<typeof startTicking> | undefined;
  /** What the clock said last. */
  let before = Number.POSITIVE_INFINITY;

  async function require(id: number): Promise<Job> {
    const row = await table.find(id);
    if (row) return jobOf(row);
    throw new AppError('not_found', `there is no job ${id}`, { hint: 'see `headwater job list`' });
  }

  async function write(job: Job, change: Partial<Job>): Promise<Job> {
    const after = { ...job, ...change };
    await table.change(job.id, rowOf(after));
    return after;
  }

  /** Changes one, with nobody else meanwhile. */
  const changing = (
    id: number,
    { by, event }: { by: string; event: string },
    change: (job: Job) => Partial<Job> | Promise<Partial<Job>>,
  ): Promise<Job> =>
    inTurn(async () => {
      const job = await require(id);
      const said = await change(job);
      const after = await write(job, { ...said, changedAt: isoOf(now()) });
      note({ actor: `user:${by}`, event, subject: String(id), detail: after.name });
      return after;
    }).finally(() => ticking?.again());

  /** When it is due by what is said of it now. Throws AppError 'usage' where it never will be. */
  function planned(about: Pick<Job, 'schedule' | 'rollout'>): string {
    const job = { ...about, skipped: [] };
    const { schedule } = job;
    if ('once' in schedule && Date.parse(schedule.once) < now() - tolerated) {
      throw new AppError('usage', `the time of the job, ${schedule.once}, is over`);
    }
    const after = 'once' in schedule ? Date.parse(schedule.once) - 1 : now();
    const next = nextAfter(job, after);
    if (next !== null) return next;
    throw new AppError(
      'usage',
      'the job would never run: its last time, or that of its window, is over',
    );
  }

  /** Runs what is due; gives whether all of it could be settled. */
  async function tick(): Promise<boolean> {
    const at = now();
    if (at < before) await replan();
    before = at;
    let settled = true;
    for (const id of await table.due(isoOf(at))) {
      if (closing) break;
      settled = (await inTurn(() => settle(id))) && settled;
    }
    return settled;
  }

  async function settle(id: number): Promise<boolean> {
    const row = await table.find(id);
    const job = row && jobOf(row);
    if (job?.state !== 'active' || job.nextAt === null || job.nextAt > isoOf(now())) return true;
    try {
      const { unable, ...change } = await running.settle(job, now());
      const after = await write(job, { ...change, changedAt: isoOf(now()) });
      if (unable)
        for (const tell of onUnable) tell({ id, name: job.name, message: after.message! });
      return true;
    } catch (error) {
      log.error({ job: id, reason: explain(error) }, 'a job could not be run; it is tried again');
      return false;
    }
  }

  /** What was planned may be too late, where the clock is behind what it was, or be no time any more, where a zone has other rules. */
  async function replan(): Promise<void> {
    for (const row of await table.open()) {
      await inTurn(async () => {
        const found = await table.find(row.id);
        const job = found && jobOf(found);
        if (job?.state !== 'active' || job.nextAt === null || job.nextAt <= isoOf(now())) return;
        const next = nextAfter(job, now());
        if (next !== null && next !== job.nextAt) await write(job, { nextAt: next });
      });
    }
  }

  return {
    require,

    async find(id: number): Promise<Job | undefined> {
      const row = await table.find(id);
      return row && jobOf(row);
    },

    /** By id. */
    list: async (): Promise<Job[]> => (await table.all()).map(jobOf),

    /** Those that have not ended, by id. */
    open: async (): Promise<Job[]> => (await table.open()).map(jobOf),

    runs: table.runs,

    /** Throws AppError 'usage' on what cannot be a job, or would never run. What is to run now has begun when this returns. */
    async create(about: JobAbout, by: string): Promise<Job> {
      const at = now();
      const said = checkedAbout(about, at) as Job;
      const nextAt = planned(said);
      const row = rowOf({
        ...said,
        ...{ state: 'active', nextAt, lastAt: null, message: null, failed: false, skipped: [] },
        changedAt: isoOf(at),
      });
      const id = await table.add({ ...row, created_at: isoOf(at), created_by: by });
      note({ actor: `user:${by}`, event: 'job.created', subject: String(id), detail: about.name });
      if (isNow(said)) await inTurn(() => settle(id));
      ticking?.again();
      return require(id);
    },

    /** What is left out stays as it is. Another schedule, or another window, wakes one that ended. */
    async change(id: number, about: Partial<JobAbout>, by: string): Promise<Job> {
      const said = checkedAbout(about, now());
      const event = 'job.changed';
      const job = await changing(id, { by, event }, (known) => {
        const after = { ...known, ...said };
        if (isSame(timingOf(known), timingOf(after))) return said;
        const nextAt = planned(after);
        const isPaused = known.state === 'paused';
        return {
          ...said,
          ...{ state: isPaused ? 'paused' : 'active', nextAt: isPaused ? null : nextAt },
          ...{ message: null, failed: false, skipped: [] },
        };
      });
      if (isNow(job) && said.schedule !== undefined) await inTurn(() => settle(id));
      return require(id);
    },

    /** Its runs stay, also those that are not over. */
    async remove(id: number, by: string): Promise<void> {
      const { name } = await require(id);
      await inTurn(() => table.remove(id));
      note({ actor: `user:${by}`, event: 'job.removed', subject: String(id), detail: name });
    },

    /** Whatever its state and its window; its next time stays. */
    async runNow(id: number, by: string): Promise<Started> {
      const started = await inTurn(async () => {
        const job = await require(id);
        const run = await running.start(job, { by: `user:${by}` });
        await write(job, { message: run.message });
        return run;
      });
      note({ actor: `user:${by}`, event: 'job.run', subject: String(id) });
      return started;
    },

    /** Leaves its next run out. Throws AppError 'conflict' where there is none to come. */
    skip: (id: number, by: string): Promise<Job> =>
      changing(id, { by, event: 'job.skipped' }, (job) => {
        if (job.nextAt === null) {
          throw new AppError('conflict', `job ${id} has no next run`, {
            hint: job.state === 'paused' ? 'it is paused' : 'it has ended',
          });
        }
        const nextAt = nextAfter(job, Date.parse(job.nextAt));
        return {
          ...{
            nextAt,
            skipped: [...job.skipped, job.nextAt],
            state: nextAt === null ? 'ended' : 'active',
          },
          message: `the run that was due at ${job.nextAt} is left out, as ${by} wished`,
        };
      }),

    /** It has no next run until it is resumed. Does nothing with one that is paused. */
    pause: (id: number, by: string): Promise<Job> =>
      changing(id, { by, event: 'job.paused' }, ({ state }) => {
        if (state !== 'ended') return { state: 'paused', nextAt: null };
        throw over(id);
      }),

    /** What it would have done meanwhile is not done. Throws AppError 'conflict' where its last time went by, or it ended. */
    resume: (id: number, by: string): Promise<Job> =>
      changing(id, { by, event: 'job.resumed' }, (job) => {
        if (job.state === 'ended') throw over(id);
        if (job.state === 'active') return {};
        const nextAt = nextAfter(job, now());
        if (nextAt !== null) return { state: 'active', nextAt };
        throw new AppError('conflict', `the last time of job ${id} went by while it was paused`, {
          hint: 'run it now, or give it another schedule',
        });
      }),

    /** When active jobs are due until a time (milliseconds), in that order; of each at most so many times. */
    async upcoming(until: number, most: number): Promise<{ job: Job; at: string }[]> {
      const found: { job: Job; at: string }[] = [];
      for (const job of (await table.open()).map(jobOf)) {
        let next = job.nextAt === null ? undefined : Date.parse(job.nextAt);
        for (let i = 0; next !== undefined && next <= until && i < most; i++) {
          found.push({ job, at: isoOf(next) });
          next = nextDue(timingOf(job), next);
        }
      }
      return found.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.job.id - b.job.id));
    },

    /** A group or a compartment is no more: one that has its name later is another. */
    async forget(kind: 'group' | 'compartment', name: string): Promise<void> {
      await retarget((job) => withoutGone(job.targets, kind, name));
    },

    /** A compartment, and what is below it, has another path. */
    async renamed(from: string, to: string): Promise<void> {
      await retarget((job) => withRenamed(job.targets, from, to));
    },

    /** Calls `tell` when a run that was due is not made, as it could not be or was missed. */
    onUnable: (tell: (about: Unable) => void): void => void onUnable.push(tell),

    /** Removes those that ended before a time (RFC 3339). */
    prune: table.prune,

    tick,

    /** From now on jobs are run when they are due. */
    start(): void {
      ticking ??= startTicking({ tick, next: table.earliest, now, log });
    },

    /** Waits for what is being started. */
    async close(): Promise<void> {
      closing = true;
      await ticking?.stop();
      await inTurn(async () => {});
    },
  };

  async function retarget(change: (job: Job) => Job['targets'] | undefined): Promise<void> {
    for (const row of await table.all()) {
      await inTurn(async () => {
        const found = await table.find(row.id);
        const job = found && jobOf(found);
        const targets = job && change(job);
        if (job && targets) await write(job, { targets });
      });
    }
  }
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
