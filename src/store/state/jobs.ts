import type { Insertable, Selectable, Updateable } from 'kysely';
import type { StateDb, StateTables } from './state.ts';

type JobRow = StateTables['job'];
export type StoredJob = Selectable<JobRow>;

/** A run of a job: the work request that it is. */
export interface StoredRun {
  id: number;
  dueAt: string | null;
  status: StateTables['work_request']['status'];
  message: string | null;
  /** RFC 3339, as the others. */
  acceptedAt: string;
  finishedAt: string | null;
}

/** Work for many instances, and when it is due. */
export function createJobTable(db: StateDb) {
  return {
    async add(row: Insertable<JobRow>): Promise<number> {
      const { id } = await db
        .insertInto('job')
        .values(row)
        .returning('id')
        .executeTakeFirstOrThrow();
      return id;
    },

    async change(id: number, row: Updateable<JobRow>): Promise<void> {
      await db.updateTable('job').set(row).where('id', '=', id).execute();
    },

    find: (id: number): Promise<StoredJob | undefined> =>
      db.selectFrom('job').selectAll().where('id', '=', id).executeTakeFirst(),

    /** By id. */
    all: (): Promise<StoredJob[]> => db.selectFrom('job').selectAll().orderBy('id').execute(),

    async remove(id: number): Promise<void> {
      await db.deleteFrom('job').where('id', '=', id).execute();
    },

    /** Those that are due at a time (RFC 3339), in the order in which they were. */
    async due(at: string): Promise<number[]> {
      const rows = await db
        .selectFrom('job')
        .where('state', '=', 'active')
        .where('next_at', '<=', at)
        .orderBy('next_at')
        .orderBy('id')
        .select('id')
        .execute();
      return rows.map((row) => row.id);
    },

    /** When the first one is due; undefined where none is. */
    async earliest(): Promise<string | undefined> {
      const row = await db
        .selectFrom('job')
        .where('state', '=', 'active')
        .where('next_at', 'is not', null)
        .orderBy('next_at')
        .limit(1)
        .select('next_at')
        .executeTakeFirst();
      return row?.next_at ?? undefined;
    },

    /** Whether a job has a run for the time at which it was due. */
    async ran(job: number, dueAt: string): Promise<boolean> {
      const row = await db
        .selectFrom('work_request')
        .where('job', '=', job)
        .where('due_at', '=', dueAt)
        .select('id')
        .executeTakeFirst();
      return row !== undefined;
    },

    /** The latest first. */
    async runs(job: number, most: number): Promise<StoredRun[]> {
      const rows = await db
        .selectFrom('work_request')
        .where('job', '=', job)
        .where('parent', 'is', null)
        .orderBy('id', 'desc')
        .limit(most)
        .select(['id', 'due_at', 'status', 'message', 'accepted_at', 'finished_at'])
        .execute();
      return rows.map(({ due_at, accepted_at, finished_at, ...row }) => ({
        ...row,
        ...{ dueAt: due_at, acceptedAt: accepted_at, finishedAt: finished_at },
      }));
    },

    /** Instances that have not ended their part of a run of a job. */
    async busy(job: number): Promise<number[]> {
      const rows = await db
        .selectFrom('work_request as run')
        .innerJoin('work_request as child', 'child.parent', 'run.id')
        .where('run.job', '=', job)
        .where('run.finished_at', 'is', null)
        .where('child.finished_at', 'is', null)
        .where('child.instance', 'is not', null)
        .select('child.instance')
        .distinct()
        .execute();
      return rows.map((row) => row.instance!);
    },

    /** Removes those that ended, and were not changed since a time (RFC 3339). */
    async prune(before: string): Promise<void> {
      await db
        .deleteFrom('job')
        .where('state', '=', 'ended')
        .where('changed_at', '<', before)
        .execute();
    },
  };
}

export type JobTable = ReturnType<typeof createJobTable>;
