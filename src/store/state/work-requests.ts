import type { ExpressionBuilder, Insertable, Selectable, Updateable } from 'kysely';
import type { WorkRequestRow } from './identity-tables.ts';
import type { StateDb, StateTables } from './state.ts';

export type StoredWorkRequest = Selectable<WorkRequestRow>;

/** An entry of a work request's log, or an error of it: then with a code. */
export interface WorkRequestNote {
  id: number;
  /** RFC 3339. */
  at: string;
  code: string | null;
  message: string;
}

export interface WorkRequestQuery {
  /** The path of the compartment that they are in. */
  compartment: string;
  instance?: number | undefined;
  /** What their description is. */
  description?: string | undefined;
  by: 'time' | 'description';
  descending: boolean;
  /** The one that the page before ended with. */
  after?: { description: string; id: number } | undefined;
  limit: number;
}

/** Work requests and what is to be said of them. */
export function createWorkRequestTable(db: StateDb) {
  return {
    async add(row: Insertable<WorkRequestRow>): Promise<number> {
      const { id } = await db
        .insertInto('work_request')
        .values(row)
        .returning('id')
        .executeTakeFirstOrThrow();
      return id;
    },

    async change(id: number, row: Updateable<WorkRequestRow>): Promise<void> {
      await db.updateTable('work_request').set(row).where('id', '=', id).execute();
    },

    find: (id: number): Promise<StoredWorkRequest | undefined> =>
      db.selectFrom('work_request').selectAll().where('id', '=', id).executeTakeFirst(),

    async childrenOf(id: number): Promise<number[]> {
      const rows = await db
        .selectFrom('work_request')
        .select('id')
        .where('parent', '=', id)
        .orderBy('id')
        .execute();
      return rows.map((row) => row.id);
    },

    /** A page of them. */
    list({ compartment, instance, description, after, ...query }: WorkRequestQuery) {
      const direction = query.descending ? 'desc' : 'asc';
      const beyond = query.descending ? '<' : '>';
      let rows = db.selectFrom('work_request').selectAll().where('compartment', '=', compartment);
      // Of a run each instance lists its own part, and the compartment the whole.
      if (instance !== undefined) rows = rows.where('instance', '=', instance);
      else rows = rows.where('parent', 'is', null);
      if (description !== undefined) rows = rows.where('description', '=', description);
      if (query.by === 'time') {
        if (after) rows = rows.where('id', beyond, after.id);
      } else {
        if (after) {
          rows = rows.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('description', 'id'), beyond, tuple(after.description, after.id)),
          );
        }
        rows = rows.orderBy('description', direction);
      }
      return rows.orderBy('id', direction).limit(query.limit).execute();
    },

    /** Those that have not ended, and that this process carries out: not instances. */
    async open(): Promise<number[]> {
      const rows = await db
        .selectFrom('work_request')
        .select('id')
        .where('finished_at', 'is', null)
        .where('run', 'is', null)
        .where('outcome', 'is', null)
        .execute();
      return rows.map((row) => row.id);
    },

    /** How many there are that act on an instance. */
    async countFor(instance: number): Promise<number> {
      const { count } = await db
        .selectFrom('work_request')
        .where('instance', '=', instance)
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    },

    async note(id: number, note: Omit<WorkRequestNote, 'id'>): Promise<void> {
      await db
        .insertInto('work_request_note')
        .values({ work_request: id, ...note })
        .execute();
    },

    /** The entries of its log, or its errors, the first first. */
    notes(id: number, kind: 'log' | 'errors'): Promise<WorkRequestNote[]> {
      return db
        .selectFrom('work_request_note')
        .select(['id', 'at', 'code', 'message'])
        .where('work_request', '=', id)
        .where('code', kind === 'log' ? 'is' : 'is not', null)
        .orderBy('id')
        .execute();
    },

    /**
     * Removes at most `most` of those that ended before a time (RFC 3339); gives how many. Of runs the children first: a run goes
     * when none is left.
     */
    async prune(before: string, most: number): Promise<number> {
      const ended = (eb: ExpressionBuilder<StateTables, 'work_request'>) =>
        eb
          .selectFrom('work_request as w')
          .select('w.id')
          .where('w.finished_at', '<', before)
          .where('w.parent', 'is', null);
      const children = await db
        .deleteFrom('work_request')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('work_request as c')
            .select('c.id')
            .where('c.parent', 'in', ended(eb))
            .limit(most),
        )
        .executeTakeFirst();
      const removed = Number(children.numDeletedRows);
      if (removed >= most) return removed;
      const { numDeletedRows } = await db
        .deleteFrom('work_request')
        .where('id', 'in', (eb) => ended(eb).orderBy('w.finished_at').limit(most))
        .executeTakeFirst();
      return removed + Number(numDeletedRows);
    },
  };
}

export type WorkRequestTable = ReturnType<typeof createWorkRequestTable>;
