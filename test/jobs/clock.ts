import { onTestFinished } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { createLog } from '../../src/base/log.ts';
import type { JobAbout } from '../../src/jobs/job.ts';
import { createJobs } from '../../src/jobs/jobs.ts';
import type { RunRequest } from '../../src/jobs/running.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { createJobTable } from '../../src/store/state/jobs.ts';
import { openState } from '../../src/store/state/state.ts';
import { temporaryFolder } from '../support/app.ts';

/** A run that was made. */
export interface MadeRun extends Omit<RunRequest, 'job'> {
  job: number;
  /** When it was made, by the clock. */
  at: string;
}

/** Jobs on a database of the test's own, with a clock that the test sets; runs are written down as their work requests. */
export async function openJobs(start: string) {
  const db = openState(dataPaths(await temporaryFolder()));
  onTestFinished(() => db.destroy());
  const made: MadeRun[] = [];
  const notes: { event: string; actor: string; subject: string }[] = [];
  const knobs = {
    now: Date.parse(start),
    /** The instances that there are. */
    instances: [1, 2, 3],
    missing: [] as string[],
    /** Thrown when a run is to be made. */
    refusal: undefined as Error | undefined,
    /** Whether the process is killed once a run is made. */
    killed: false,
  };
  const iso = () => new Date(knobs.now).toISOString();
  const table = createJobTable(db);

  async function startRun({ job, ...request }: RunRequest) {
    if (knobs.refusal) throw knobs.refusal;
    const row = {
      ...({ operation_type: 'INSTALL', status: 'ACCEPTED', compartment: job.compartment } as const),
      ...{ created_by: request.by, accepted_at: iso(), started_at: null, finished_at: null },
      ...{ message: null, instance: null, run: '{}', outcome: null, parent: null },
      ...{ job: job.id, due_at: request.dueAt ?? null, description: request.description },
    };
    const { id } = await db
      .insertInto('work_request')
      .values(row)
      .returning('id')
      .executeTakeFirstOrThrow();
    for (const instance of request.instances) {
      const child = { ...row, parent: id, instance, job: null, due_at: null, run: null };
      await db
        .insertInto('work_request')
        .values({ ...child, outcome: 'queued' })
        .execute();
    }
    made.push({ ...request, job: job.id, at: iso() });
    if (knobs.killed) throw new Error('killed');
    return { id, ocid: `run${id}` };
  }

  const open = () =>
    createJobs({
      ...{ table, startRun, now: () => knobs.now, log: createLog('silent') },
      note: (note) => void notes.push(note),
      async resolveTargets(targets) {
        const wanted = targets.instances;
        const gone = wanted.filter((id) => !knobs.instances.includes(id));
        return {
          instances: wanted.filter((id) => knobs.instances.includes(id)),
          missing: [...gone.map((id) => `instance ${id}`), ...knobs.missing],
        };
      },
    });
  let jobs = open();

  const about = (schedule: object, more: Partial<JobAbout> = {}): JobAbout => ({
    ...{ name: 'night', compartment: '', description: '', freeformTags: {}, definedTags: {} },
    ...{ work: { kind: 'reboot' }, targets: { instances: [1, 2] }, rollout: {} },
    ...{ schedule, ...more },
  });

  return {
    ...{ db, made, notes, knobs, about },
    get jobs() {
      return jobs;
    },
    create: (schedule: object, more: Partial<JobAbout> = {}) =>
      jobs.create(about(schedule, more), 'ada'),

    /** Lets so many minutes pass, and looks at the clock after each step of so many. */
    async pass(minutes: number, step = 1): Promise<void> {
      for (let left = minutes; left > 0; left -= step) {
        knobs.now += Math.min(step, left) * 60_000;
        await jobs.tick();
      }
    },

    /** Sets the clock, without anybody looking at it. */
    set(time: string): void {
      knobs.now = Date.parse(time);
    },

    /** The process ends, and another one begins. */
    again(): void {
      jobs = open();
    },

    /** What was asked of instances has ended. */
    async finishRuns(): Promise<void> {
      await db.updateTable('work_request').set({ finished_at: iso() }).execute();
    },

    /** For which times there were runs, in the order in which they were made. */
    dues: () => made.map(({ dueAt }) => dueAt?.replace(':00.000Z', 'Z') ?? 'now'),
  };
}

export const refusal = new AppError('conflict', 'not today');
