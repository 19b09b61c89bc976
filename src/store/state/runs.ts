import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { StateTransaction } from './group-commit.ts';
import type { WorkOutcome, WorkRequestRow } from './identity-tables.ts';
import type { StateDb } from './state.ts';

export type StoredWork = Selectable<WorkRequestRow>;

/** SQLite takes a statement of some ten thousand values. */
const rowsAtATime = 500;

/**
 * Work requests that instances carry out: of one instance alone, with an outcome of its own; or a run, whose children have
 * one each. What changes at the same time as actions takes their transaction.
 */
export function createRunTable(db: StateDb) {
  const works = () => db.selectFrom('work_request').selectAll();

  return {
    async add(tx: StateTransaction, row: Insertable<WorkRequestRow>): Promise<number> {
      const query = tx.insertInto('work_request').values(row).returning('id');
      return (await query.executeTakeFirstOrThrow()).id;
    },

    /** Gives a run a waiting child for each instance. */
    async addChildren(
      tx: StateTransaction,
      children: readonly { instance: number; compartment: string }[],
      common: Omit<Insertable<WorkRequestRow>, 'instance' | 'compartment' | 'outcome'>,
    ): Promise<void> {
      for (let i = 0; i < children.length; i += rowsAtATime) {
        const rows = children
          .slice(i, i + rowsAtATime)
          .map((child) => ({ ...common, ...child, outcome: 'waiting' as const }));
        await tx.insertInto('work_request').values(rows).execute();
      }
    },

    find: (id: number): Promise<StoredWork | undefined> =>
      works()
        .where('id', '=', id)
        .where((e) => e.or([e('run', 'is not', null), e('outcome', 'is not', null)]))
        .executeTakeFirst(),

    /** The one that was made for this time of a job. */
    async ofTime(job: number, dueAt: string): Promise<number | undefined> {
      const query = db
        .selectFrom('work_request')
        .select('id')
        .where('job', '=', job)
        .where('due_at', '=', dueAt);
      return (await query.executeTakeFirst())?.id;
    },

    /** The runs and the work requests of single instances that these are, or are children of. */
    async tops(ids: readonly number[]): Promise<number[]> {
      const { rows } = await sql<{ id: number }>`
        SELECT DISTINCT coalesce(w.parent, w.id) AS id
        FROM json_each(${JSON.stringify(ids)}) AS j CROSS JOIN work_request AS w ON w.id = j.value`.execute(
        db,
      );
      return rows.map((row) => row.id);
    },

    /** How many children each of these has, by what became of them. */
    async counts(parents: readonly number[]) {
      return db
        .selectFrom('work_request')
        .where('parent', 'in', parents)
        .groupBy(['parent', 'outcome'])
        .select((e) => ['parent', 'outcome', e.fn.countAll<number>().as('count')])
        .execute();
    },

    /** Children with greater numbers than `after`. */
    async children(
      parent: number,
      about: { after?: number | undefined; outcome?: WorkOutcome | undefined; limit: number },
    ): Promise<StoredWork[]> {
      const { after = 0, outcome, limit } = about;
      let query = works().where('parent', '=', parent).where('id', '>', after);
      if (outcome !== undefined) query = query.where('outcome', '=', outcome);
      return query.orderBy('id').limit(limit).execute();
    },

    /** Runs and work of single instances, the newest first. Of an instance also its parts of runs. */
    async list(about: {
      job?: number | undefined;
      instance?: number | undefined;
      open?: boolean | undefined;
      before?: number | undefined;
      limit: number;
    }): Promise<StoredWork[]> {
      const { job, instance, open, before, limit } = about;
      let query = works();
      if (instance !== undefined)
        query = query.where('instance', '=', instance).where('outcome', 'is not', null);
      else query = query.where('run', 'is not', null);
      if (job !== undefined) query = query.where('job', '=', job);
      if (open) query = query.where('finished_at', 'is', null);
      if (before !== undefined) query = query.where('id', '<', before);
      return query.orderBy('id', 'desc').limit(limit).execute();
    },

    /** Runs that have not ended. */
    async open(): Promise<number[]> {
      const query = db
        .selectFrom('work_request')
        .select('id')
        .where('run', 'is not', null)
        .where('outcome', 'is', null)
        .where('finished_at', 'is', null);
      return (await query.execute()).map((row) => row.id);
    },

    /** Work that instances have begun, or of which it is not known what became of it, or what it changed. */
    async watched(endedAfter: string): Promise<{ id: number; instance: number }[]> {
      const rows = await db
        .selectFrom('work_request')
        .select(['id', 'instance'])
        .where('instance', 'is not', null)
        .where((e) =>
          e.or([
            e('outcome', '=', 'picked_up'),
            e('outcome', '=', 'unknown'),
            e.and([
              e('outcome', 'in', ['done', 'failed']),
              e('changes', 'is', null),
              e('finished_at', '>', endedAfter),
            ]),
          ]),
        )
        .execute();
      return rows.map(({ id, instance }) => ({ id, instance: instance! }));
    },

    /** Work that has no open action to end it: its instance was removed. Of one instance, or of all. */
    async orphans(instance?: number): Promise<number[]> {
      let query = db
        .selectFrom('work_request as w')
        .select('w.id')
        .where('w.outcome', 'in', ['queued', 'picked_up'])
        .where('w.finished_at', 'is', null)
        .where((e) =>
          e.not(
            e.exists(
              e
                .selectFrom('action as a')
                .select('a.id')
                .whereRef('a.work_request', '=', 'w.id')
                .where('a.state', 'in', ['queued', 'picked_up']),
            ),
          ),
        );
      if (instance !== undefined) query = query.where('w.instance', '=', instance);
      return (await query.execute()).map((row) => row.id);
    },

    /** The open work of an instance that waits for its turn. */
    async waitingOf(instance: number): Promise<number[]> {
      const query = db
        .selectFrom('work_request')
        .select('id')
        .where('instance', '=', instance)
        .where('outcome', '=', 'waiting');
      return (await query.execute()).map((row) => row.id);
    },

    /** Which of some instances wait for their turn in a run. */
    async waitingAmong(parent: number, instances: readonly number[]): Promise<number[]> {
      const query = db
        .selectFrom('work_request')
        .select('instance')
        .where('parent', '=', parent)
        .where('outcome', '=', 'waiting')
        .where('instance', 'in', instances);
      return (await query.execute()).map((row) => row.instance!);
    },

    async change(
      tx: StateTransaction,
      ids: readonly number[],
      row: Updateable<WorkRequestRow>,
    ): Promise<void> {
      for (let i = 0; i < ids.length; i += rowsAtATime) {
        const some = ids.slice(i, i + rowsAtATime);
        await tx.updateTable('work_request').set(row).where('id', 'in', some).execute();
      }
    },

    /** Notes that a run is being taken back; gives whether it had not ended. */
    async takeBack(tx: StateTransaction, id: number, message: string): Promise<boolean> {
      const { numUpdatedRows } = await tx
        .updateTable('work_request')
        .set({ status: 'CANCELLING', message })
        .where('id', '=', id)
        .where('finished_at', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows > 0;
    },

    /** Ends those children of a run that wait. */
    async endWaiting(
      tx: StateTransaction,
      parent: number,
      end: Updateable<WorkRequestRow>,
    ): Promise<void> {
      await tx
        .updateTable('work_request')
        .set(end)
        .where('parent', '=', parent)
        .where('outcome', '=', 'waiting')
        .execute();
    },

    /** What was noted of packages; null before anything was, undefined where there is no such work request. */
    async changesOf(
      tx: StateTransaction,
      id: number,
    ): Promise<{ added: string[]; removed: string[]; more?: number } | null | undefined> {
      const query = tx.selectFrom('work_request').select('changes').where('id', '=', id);
      const row = await query.executeTakeFirst();
      return row && (row.changes === null ? null : JSON.parse(row.changes));
    },

    async note(
      tx: StateTransaction,
      id: number,
      { at, message }: { at: string; message: string },
    ): Promise<void> {
      await tx
        .insertInto('work_request_note')
        .values({ work_request: id, at, message, code: null })
        .execute();
    },

    /** Those that wait still, as a transaction sees it. */
    async stillWaiting(tx: StateTransaction, ids: readonly number[]): Promise<Set<number>> {
      const rows = await tx
        .selectFrom('work_request')
        .select('id')
        .where('id', 'in', ids)
        .where('outcome', '=', 'waiting')
        .execute();
      return new Set(rows.map((row) => row.id));
    },
  };
}

export type RunTable = ReturnType<typeof createRunTable>;
