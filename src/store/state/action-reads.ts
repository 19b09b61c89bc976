import { sql } from 'kysely';
import { type Action, type ActionHead, actionOf, headColumns, headOf } from './action-rows.ts';
import type { StateDb } from './state.ts';

/** In the words of the index, which is not used for parameters. */
export const isOpen = sql<boolean>`state IN ('queued', 'picked_up')`;

/** Reads the actions of instances. */
export function createActionReads(db: StateDb) {
  const heads = () => db.selectFrom('action').select(headColumns);

  return {
    /** The instances that have open actions. */
    async instancesWithOpen(): Promise<number[]> {
      const rows = await db
        .selectFrom('action')
        .select('instance')
        .where(isOpen)
        .distinct()
        .execute();
      return rows.map((r) => r.instance);
    },

    /** The open actions of an instance in the order in which they are handed out. */
    async open(instance: number): Promise<ActionHead[]> {
      const rows = await heads()
        .where('instance', '=', instance)
        .where(isOpen)
        .orderBy('earliest_at')
        .orderBy('id')
        .execute();
      return rows.map(headOf);
    },

    async countOpen(instance: number): Promise<number> {
      const row = await db
        .selectFrom('action')
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('instance', '=', instance)
        .where(isOpen)
        .executeTakeFirstOrThrow();
      return row.count;
    },

    /** Those of these instances that have so many open ones. */
    async crowded(instances: readonly number[], most: number): Promise<Set<number>> {
      const rows = await db
        .selectFrom('action')
        .select('instance')
        .where('instance', 'in', instances)
        .where(isOpen)
        .groupBy('instance')
        .having((e) => e.fn.countAll<number>(), '>=', most)
        .execute();
      return new Set(rows.map((row) => row.instance));
    },

    /** The open ones of some kinds that these instances have. */
    async openOf(instances: readonly number[], kinds: readonly string[]): Promise<Action[]> {
      const rows = await db
        .selectFrom('action')
        .selectAll()
        .where('instance', 'in', instances)
        .where(isOpen)
        .where('kind', 'in', kinds)
        .orderBy('id')
        .execute();
      return rows.map(actionOf);
    },

    async find(id: number): Promise<Action | undefined> {
      const query = db.selectFrom('action').selectAll().where('id', '=', id);
      const row = await query.executeTakeFirst();
      return row && actionOf(row);
    },

    /** Those of an instance, the newest first. */
    async list(instance: number, limit: number): Promise<ActionHead[]> {
      const query = heads().where('instance', '=', instance).orderBy('id', 'desc').limit(limit);
      return (await query.execute()).map(headOf);
    },

    /** Queued ones that expired, and those that were handed out last before a time. */
    async overdue(now: string, handedOutBefore: string, limit: number): Promise<ActionHead[]> {
      const rows = await heads()
        .where(isOpen)
        .where((e) =>
          e.or([
            e.and([e('state', '=', 'queued'), e('expires_at', '<=', now)]),
            e.and([e('state', '=', 'picked_up'), e('picked_up_at', '<=', handedOutBefore)]),
          ]),
        )
        .orderBy('earliest_at')
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(headOf);
    },

    /** Those of a work request, in the order in which they are carried out. */
    async ofWork(workRequest: number): Promise<Action[]> {
      const query = db.selectFrom('action').selectAll().where('work_request', '=', workRequest);
      return (await query.orderBy('id').execute()).map(actionOf);
    },
  };
}
