import { type Selectable, sql } from 'kysely';
import type { ActionRow } from './fleet-tables.ts';
import type { StateTransaction } from './group-commit.ts';
import type { StateDb } from './state.ts';

export type ActionState = ActionRow['state'];
export type EndState = Exclude<ActionState, 'queued' | 'picked_up'>;

/** Something that an instance is to do, with all that belongs to it. */
export interface Action extends ActionHead {
  /** What the administrator gave. */
  params: unknown;
  /** What came with the client's report, and what the server noted. */
  result: unknown;
}

/** Something that an instance is to do, without what may be large. Times in RFC 3339. */
export interface ActionHead {
  id: number;
  instance: number;
  kind: string;
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
  createdAt: string;
  createdBy: string;
}

export type NewAction = Pick<
  Action,
  'kind' | 'params' | 'prerequisite' | 'earliestAt' | 'expiresAt' | 'createdAt' | 'createdBy'
>;

/** How an action ended. What is left out stays as it is. */
export interface ActionEnd {
  state: EndState;
  at: string;
  message: string | null;
  status?: number | null;
  result?: unknown;
}

/** SQLite takes a statement of some ten thousand values. */
const rowsAtATime = 500;

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

    /** As a transaction sees it. */
    async stateOf(tx: StateTransaction, id: number): Promise<ActionState | undefined> {
      const query = tx.selectFrom('action').select('state').where('id', '=', id);
      return (await query.executeTakeFirst())?.state;
    },

    /** Gives each of these instances an action, in their order. */
    async create(
      tx: StateTransaction,
      instances: readonly number[],
      action: NewAction,
    ): Promise<ActionHead[]> {
      const common = {
        kind: action.kind,
        params: JSON.stringify(action.params),
        state: 'queued' as const,
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
      };
      const made: ActionHead[] = [];
      for (let i = 0; i < instances.length; i += rowsAtATime) {
        const rows = await tx
          .insertInto('action')
          .values(instances.slice(i, i + rowsAtATime).map((instance) => ({ instance, ...common })))
          .returning(headColumns)
          .execute();
        made.push(...rows.map(headOf));
      }
      return made.sort((a, b) => a.id - b.id);
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
          message: null,
          result: jsonOf(result),
        }))
        .where('id', '=', id)
        .execute();
    },

    /** The client reported of an action that goes on. */
    async report(
      tx: StateTransaction,
      id: number,
      said: { status: number | null; message: string },
    ): Promise<void> {
      await tx.updateTable('action').set(said).where('id', '=', id).execute();
    },

    /**
     * Ends an action, with `ifOpen` only one that is open. Unless it was completed, those fail that wait for it, and those that wait
     * for them. Gives all that ended.
     */
    async end(
      tx: StateTransaction,
      id: number,
      { ifOpen = false, ...end }: ActionEnd & { ifOpen?: boolean },
    ): Promise<ActionHead[]> {
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
        .returning(headColumns)
        .execute();
      if (end.state === 'completed') return all.map(headOf);
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
          .returning(headColumns)
          .execute();
        all.push(...failed);
      }
      return all.map(headOf);
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

const headColumns = [
  ...(['id', 'instance', 'kind', 'state', 'prerequisite', 'earliest_at', 'expires_at'] as const),
  ...(['tries', 'picked_up_at', 'ended_at', 'status', 'message'] as const),
  ...(['created_at', 'created_by'] as const),
] as const;

function actionOf(row: Selectable<ActionRow>): Action {
  return {
    ...headOf(row),
    params: JSON.parse(row.params),
    result: row.result === null ? null : JSON.parse(row.result),
  };
}

function headOf(
  row: Omit<Selectable<ActionRow>, 'params' | 'result' | 'work_request'>,
): ActionHead {
  return {
    id: row.id,
    instance: row.instance,
    kind: row.kind,
    state: row.state,
    prerequisite: row.prerequisite,
    earliestAt: row.earliest_at,
    expiresAt: row.expires_at,
    tries: row.tries,
    pickedUpAt: row.picked_up_at,
    endedAt: row.ended_at,
    status: row.status,
    message: row.message,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
