import { type Selectable, sql } from 'kysely';
import type { ActionRow } from './fleet-tables.ts';
import type { StateTransaction } from './group-commit.ts';
import type { StateDb } from './state.ts';

export type ActionState = ActionRow['state'];
export type EndState = Exclude<ActionState, 'queued' | 'picked_up'>;

/** Something that an instance is to do. Times in RFC 3339. */
export interface Action {
  id: number;
  instance: number;
  kind: string;
  /** What the administrator gave. */
  params: unknown;
  state: ActionState;
  /** It is held back until that one is completed. */
  prerequisite: number | null;
  earliestAt: string;
  expiresAt: string | null;
  /** How often it was handed out. */
  tries: number;
  /** The last time that it was. */
  pickedUpAt: string | null;
  endedAt: string | null;
  /** What the client said; null where it said no number, or nothing yet. */
  status: number | null;
  message: string | null;
  /** What came with it, and what the server noted of it. */
  result: unknown;
  createdAt: string;
  createdBy: string;
}

export type NewAction = Pick<
  Action,
  | 'instance'
  | 'kind'
  | 'params'
  | 'prerequisite'
  | 'earliestAt'
  | 'expiresAt'
  | 'createdAt'
  | 'createdBy'
>;

/** How an action ended. What is left out stays as it is. */
export interface ActionEnd {
  state: EndState;
  at: string;
  message: string | null;
  status?: number | null;
  result?: unknown;
}

/** In the words of the index, which is not used for parameters. */
const isOpen = sql<boolean>`state IN ('queued', 'picked_up')`;

const inWords: Record<EndState, string> = {
  completed: 'was completed',
  failed: 'failed',
  unknown: 'brought no result',
  expired: 'expired',
  cancelled: 'was cancelled',
};

/** The actions of instances. What writes takes the transaction that it is part of. */
export function createActionTable(db: StateDb) {
  const all = () => db.selectFrom('action').selectAll();

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
    async open(instance: number): Promise<Action[]> {
      const rows = await all()
        .where('instance', '=', instance)
        .where(isOpen)
        .orderBy('earliest_at')
        .orderBy('id')
        .execute();
      return rows.map(actionOf);
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

    async find(id: number): Promise<Action | undefined> {
      const row = await all().where('id', '=', id).executeTakeFirst();
      return row && actionOf(row);
    },

    /** Those of an instance, the newest first. */
    async list(instance: number, limit: number): Promise<Action[]> {
      const query = all().where('instance', '=', instance).orderBy('id', 'desc').limit(limit);
      return (await query.execute()).map(actionOf);
    },

    /** Queued ones that expired, and those that were handed out last before a time. */
    async overdue(now: string, handedOutBefore: string, limit: number): Promise<Action[]> {
      const rows = await all()
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
      return rows.map(actionOf);
    },

    /** As a transaction sees it. */
    async stateOf(tx: StateTransaction, id: number): Promise<ActionState | undefined> {
      const query = tx.selectFrom('action').select('state').where('id', '=', id);
      return (await query.executeTakeFirst())?.state;
    },

    async create(tx: StateTransaction, action: NewAction): Promise<Action> {
      const row = await tx
        .insertInto('action')
        .values({
          instance: action.instance,
          kind: action.kind,
          params: JSON.stringify(action.params),
          state: 'queued',
          prerequisite: action.prerequisite,
          earliest_at: action.earliestAt,
          expires_at: action.expiresAt,
          picked_up_at: null,
          ended_at: null,
          status: null,
          message: null,
          result: null,
          created_at: action.createdAt,
          created_by: action.createdBy,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return actionOf(row);
    },

    /** Counts a try. `result` is what the server notes of it. */
    async handOut(
      tx: StateTransaction,
      id: number,
      { at, result }: { at: string; result: unknown },
    ): Promise<void> {
      await tx
        .updateTable('action')
        .set((e) => ({
          state: 'picked_up' as const,
          tries: e('tries', '+', 1),
          picked_up_at: at,
          result: jsonOf(result),
        }))
        .where('id', '=', id)
        .execute();
    },

    /** The client reported of an action that goes on. */
    async report(
      tx: StateTransaction,
      id: number,
      { status, message, result }: Required<Pick<ActionEnd, 'status' | 'message' | 'result'>>,
    ): Promise<void> {
      await tx
        .updateTable('action')
        .set({ status, message, result: jsonOf(result) })
        .where('id', '=', id)
        .execute();
    },

    /**
     * Ends an action, with `ifOpen` only one that is open. Unless it was completed, those fail that wait for it, and those that wait
     * for them. Gives all that ended.
     */
    async end(
      tx: StateTransaction,
      id: number,
      { ifOpen = false, ...end }: ActionEnd & { ifOpen?: boolean },
    ): Promise<Action[]> {
      const all = await tx
        .updateTable('action')
        .set({
          state: end.state,
          ended_at: end.at,
          message: end.message,
          ...(end.status !== undefined && { status: end.status }),
          ...(end.result !== undefined && { result: jsonOf(end.result) }),
        })
        .where('id', '=', id)
        .$if(ifOpen, (query) => query.where(isOpen))
        .returningAll()
        .execute();
      if (end.state === 'completed') return all.map(actionOf);
      for (const gone of all) {
        const failed = await tx
          .updateTable('action')
          .set({
            state: 'failed',
            ended_at: end.at,
            message: `action ${gone.id}, which this one waited for, ${inWords[gone.state as EndState]}`,
          })
          .where('prerequisite', '=', gone.id)
          .where(isOpen)
          .returningAll()
          .execute();
        all.push(...failed);
      }
      return all.map(actionOf);
    },

    /** Deletes actions that ended before a time, at most so many; gives how many. */
    async removeEnded(tx: StateTransaction, before: string, limit: number): Promise<number> {
      const { numDeletedRows } = await tx
        .deleteFrom('action')
        .where('id', 'in', (e) =>
          e.selectFrom('action').select('id').where('ended_at', '<', before).limit(limit),
        )
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
}

export type ActionTable = ReturnType<typeof createActionTable>;

const jsonOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : JSON.stringify(value);

function actionOf(row: Selectable<ActionRow>): Action {
  return {
    id: row.id,
    instance: row.instance,
    kind: row.kind,
    params: JSON.parse(row.params),
    state: row.state,
    prerequisite: row.prerequisite,
    earliestAt: row.earliest_at,
    expiresAt: row.expires_at,
    tries: row.tries,
    pickedUpAt: row.picked_up_at,
    endedAt: row.ended_at,
    status: row.status,
    message: row.message,
    result: row.result === null ? null : JSON.parse(row.result),
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
