import type { ToldTable } from '../store/state/told.ts';
import type { Notifications } from './notifications.ts';

/** Work on several instances that has ended. */
export interface EndedRun {
  id: number;
  /** As the API names its work request. */
  ocid: string;
  description: string;
  /** As the API names what was done. */
  operation: string;
  /** What it was made for, if it was. */
  job: { id: number; name: string | null } | null;
  /** SUCCEEDED where all is done. */
  status: string;
  /** What is said of it besides. */
  message: string | null;
  /** How many instances came to what: done, failed, timed_out … */
  counts: Readonly<Record<string, number>>;
  /** RFC 3339. */
  startedAt: string | null;
  finishedAt: string | null;
}

interface UnableJob {
  id: number;
  name: string;
  /** Why. */
  message: string;
}

interface Deps {
  notifications: Pick<Notifications, 'notify'>;
  told: Pick<ToldTable, 'prune'>;
  /** Runs that ended since a time (RFC 3339). */
  endedSince(time: string): Promise<EndedRun[]>;
  /** Milliseconds since 1970. */
  now(): number;
}

/** What ended while no process was there to tell it is told at the next start, if it is no older; milliseconds. */
const lookedBack = 86_400_000;
/** Longer than that: what is looked back at is not told twice. */
const remembered = 7 * lookedBack;

/** Tells how runs ended, each once. */
export function createRunNews({ notifications, told, endedSince, now }: Deps) {
  async function runEnded(run: EndedRun): Promise<void> {
    const { id, ocid, description, operation, job, status, message } = run;
    const { counts, startedAt, finishedAt } = run;
    const about = {
      ...{ run: ocid, description, operation, job, status, message, counts },
      ...{ started_at: startedAt, finished_at: finishedAt },
    };
    // Where the parts of some alone were taken back the rest may have succeeded: not all of it is done.
    const isDone = status === 'SUCCEEDED' && (counts.cancelled ?? 0) === 0;
    const event = isDone ? 'job.finished' : 'job.failed';
    await notifications.notify(event, about, [{ subject: String(id), state: 'ended' }]);
  }

  return {
    runEnded,

    /** A job was due, and there is no run of it. */
    async jobUnable({ id, name, message }: UnableJob): Promise<void> {
      const about = { run: null, job: { id, name }, status: 'FAILED', message };
      await notifications.notify('job.failed', about);
    },

    /** Tells what a process that was killed did not. */
    async recover(): Promise<void> {
      const runs = await endedSince(new Date(now() - lookedBack).toISOString());
      for (const run of runs) await runEnded(run);
    },

    async prune(): Promise<void> {
      const before = new Date(now() - remembered).toISOString();
      for (const event of ['job.finished', 'job.failed']) await told.prune(event, before);
    },
  };
}
