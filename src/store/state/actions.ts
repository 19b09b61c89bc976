import { createActionReads, isOpen } from './action-reads.ts';
import {
  type Action,
  type ActionHead,
  type ActionState,
  type EndState,
  headColumns,
  headOf,
} from './action-rows.ts';
import type { StateTransaction } from './group-commit.ts';
import type { StateDb } from './state.ts';
import { noteHandedOut, settleWork } from './work-outcomes.ts';

export type { Action, ActionHead } from './action-rows.ts';

export type NewAction = Pick<
  Action,
  'kind' | 'params' | 'earliestAt' | 'expiresAt' | 'createdAt' | 'createdBy'
>;

/** Who gets an action, and what it comes after and belongs to. */
export type ActionTarget = Pick<Action, 'instance' | 'prerequisite' | 'workRequest'>;

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

const inWords: Record<EndState, string> = {
  completed: 'was completed',
  failed: 'failed',
  unknown: 'brought no result',
  expired: 'expired',
  cancelled: 'was cancelled',
};

/** The actions of instances. What writes takes the transaction that it is part of. */
export function createActionTable(db: StateDb) {
  return {
    ...createActionReads(db),

    /** As a transaction sees it. */
    async stateOf(tx: StateTransaction, id: number): Promise<ActionState | undefined> {
      const query = tx.selectFrom('action').select('state').where('id', '=', id);
      return (await query.executeTakeFirst())?.state;
    },

    /** Gives each of these an action, in their order. */
    async create(
      tx: StateTransaction,
      targets: readonly ActionTarget[],
      action: NewAction,
    ): Promise<ActionHead[]> {
      const common = {
        kind: action.kind,
        params: JSON.stringify(action.params),
        state: 'queued' as const,
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
      for (let i = 0; i < targets.length; i += rowsAtATime) {
        const rows = await tx
          .insertInto('action')
          .values(
            targets.slice(i, i + rowsAtATime).map(({ instance, prerequisite, workRequest }) => ({
              ...{ instance, prerequisite, work_request: workRequest, ...common },
            })),
          )
          .returning(headColumns)
          .execute();
        made.push(...rows.map(headOf));
      }
      return made.sort((a, b) => a.id - b.id);
    },

    /** Counts a try. `result` is what the server notes of it. Undefined, and nothing is done, where it has ended. */
    async handOut(
      tx: StateTransaction,
      id: number,
      { at, result }: { at: string; result: unknown },
    ): Promise<ActionHead | undefined> {
      const row = await tx
        .updateTable('action')
        .set((e) => ({
          state: 'picked_up' as const,
          tries: e('tries', '+', 1),
          picked_up_at: at,
          message: null,
          result: jsonOf(result),
        }))
        .where('id', '=', id)
        .where(isOpen)
        .returning(headColumns)
        .executeTakeFirst();
      if (row?.work_request) await noteHandedOut(tx, row.work_request, at);
      return row && headOf(row);
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
      for (const gone of end.state === 'completed' ? [] : all) {
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
      await settleWork(tx, worksOf(all), end.at);
      return all.map(headOf);
    },

    /** Takes back what was not handed out yet of the work requests of a run, or of one: at most so many; gives how many. */
    async cancelQueued(
      tx: StateTransaction,
      workRequest: number,
      { at, message, limit }: { at: string; message: string; limit: number },
    ): Promise<number> {
      const gone = await tx
        .updateTable('action')
        .set({ state: 'cancelled', ended_at: at, message })
        .where('id', 'in', (e) =>
          e
            .selectFrom('work_request as w')
            .innerJoin('action as a', 'a.work_request', 'w.id')
            .select('a.id')
            .where((w) => w.or([w('w.id', '=', workRequest), w('w.parent', '=', workRequest)]))
            .where('w.outcome', 'in', ['queued', 'picked_up'])
            .where('a.state', '=', 'queued')
            .limit(limit),
        )
        .returning('work_request')
        .execute();
      await settleWork(tx, worksOf(gone), at);
      return gone.length;
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

const worksOf = (rows: readonly { work_request: number | null }[]): number[] =>
  rows.flatMap(({ work_request: id }) => (id === null ? [] : [id]));

const jsonOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : JSON.stringify(value);
