import { AppError, explain } from '../base/errors.ts';
import type { Action, ActionHead, ActionTable } from '../store/state/actions.ts';
import type { GroupCommit, StateTransaction } from '../store/state/group-commit.ts';
import { type CallsDeps, createCalls, type HandedOut, type Note } from './action-calls.ts';
import { createActionMaker } from './action-creation.ts';
import { type Also, createEnds } from './action-ends.ts';
import { actionKind } from './action-kinds.ts';
import { type How, isReboot, nextOf, overdue, takesResult, usedUp } from './action-order.ts';
import { keptMessage, keptResult } from './action-results.ts';
import { type ModuleStreams, modulesSaid } from './module-script.ts';
import { hasRebooted, rebootBaseline } from './reboots.ts';
import { refused } from './refusals.ts';
import { createTurns } from './turns.ts';

/** What actions need to know of an instance. */
export interface ActingInstance {
  id: number;
  capabilities: string;
}

export interface ActionsDeps extends CallsDeps {
  table: ActionTable;
  commit: GroupCommit;
  instance(id: number): Promise<(ActingInstance & { name: string }) | undefined>;
  settings(): { actionTries: number; actionPatienceMs: number; keepActionsMs: number };
  /** An action that belongs to a work request was handed out. */
  onHandedOut?(action: ActionHead): void;
  /** These ended; it is written already. */
  onEnded?(actions: readonly ActionHead[]): void;
  /** An instance said which streams of modules it has chosen. */
  writeModules?(tx: StateTransaction, instance: number, streams: ModuleStreams): Promise<void>;
  onModules?(instance: number): void;
  /** What became of actions, for the audit trail. */
  note(entry: {
    actor: string;
    event: string;
    instance: number;
    subject: string;
    detail: string;
  }): void;
  /** Milliseconds since 1970. */
  clock?(): number;
}

export interface Submitted {
  /** Undefined where the client said no number. */
  status: number | undefined;
  message: string;
  data: unknown;
}

export type Actions = Awaited<ReturnType<typeof createActions>>;

/** At most so many in one transaction, and so many transactions at a time that `prune` is called. */
const batch = 200;
const mostBatches = 50;
/** So many due ones at most are told of ahead. */
const mostFuture = 20;
/** A week, in hours. */
const mostHours = 168;

/** The queues of actions, one for each instance. */
export async function createActions(deps: ActionsDeps) {
  const { table, commit, settings } = deps;
  const clock = deps.clock ?? Date.now;
  const calls = createCalls(deps);
  /** The instances that may have open actions: who has none costs nothing. */
  const waiting = new Set(await table.instancesWithOpen());
  /** How often any were added. */
  let added = 0;
  const inTurn = createTurns();

  function wereAdded(instances: readonly number[]): void {
    added++;
    for (const id of instances) waiting.add(id);
  }

  const create = createActionMaker(deps, wereAdded);

  const endAll = createEnds(deps, wereAdded);
  const end = (action: ActionHead, how: How) => endAll([[action, how]], { ifOpen: true });

  /** Ends what is overdue; gives whether anything was. */
  async function endOverdue(open: readonly ActionHead[], now: number): Promise<boolean> {
    const patience = settings().actionPatienceMs;
    const over = open.flatMap((action) => {
      const how = overdue(action, now, patience);
      return how ? [[action, how] as const] : [];
    });
    if (over.length > 0) await endAll(over, { ifOpen: true });
    return over.length > 0;
  }

  async function handOut(
    instance: ActingInstance,
    uptime: number | undefined,
  ): Promise<HandedOut | undefined> {
    /** What cannot be made ready now does not keep the rest from being handed out. */
    const stuck = new Set<number>();
    for (;;) {
      const addedBefore = added;
      const now = clock();
      const open = await table.open(instance.id);
      if (open.length === 0) {
        if (added === addedBefore) waiting.delete(instance.id);
        return undefined;
      }
      if (await endOverdue(open, now)) continue;
      const rebooting = open.find((a) => isReboot(a) && a.state === 'picked_up');
      if (rebooting) {
        if (!hasRebooted(await show(rebooting.id), uptime, now)) return undefined;
        const message = rebooting.message ?? 'it booted again';
        await end(rebooting, { state: 'completed', message });
        continue;
      }
      const action = nextOf(open, stuck, now);
      if (!action) return undefined;
      const used = usedUp(action, settings().actionTries);
      if (used) {
        await end(action, used);
        continue;
      }
      const whole = await show(action.id);
      const call = await calls.of(instance, whole, new Date(now)).catch(problemOf);
      if ('problem' in call) {
        stuck.add(action.id);
        const message = `not handed out yet: ${call.problem}`;
        await commit.write((tx) => table.report(tx, action.id, { status: null, message }));
      } else if ('refusal' in call) {
        await end(action, { state: 'failed', message: call.refusal });
      } else if ('nothing' in call) {
        await end(action, { state: 'completed', message: call.nothing });
      } else {
        const result = isReboot(action) ? rebootBaseline(uptime, now) : call.note;
        const at = new Date(now).toISOString();
        const given = await commit.write((tx) => table.handOut(tx, action.id, { at, result }));
        // It was cancelled meanwhile.
        if (!given) continue;
        if (given.workRequest !== null) deps.onHandedOut?.(given);
        return call.call;
      }
    }
  }

  return {
    create,

    /** Actions were given to these instances besides. */
    wereAdded,
    /** What an instance would get of an action now. */
    tried: (instance: ActingInstance, action: Pick<Action, 'kind' | 'params' | 'workRequest'>) =>
      calls.of(instance, { ...action, id: 0 }, new Date(clock())),

    /** What the instance is to do now; marked as handed out before this returns. */
    async next(
      instance: ActingInstance,
      { uptimeSeconds }: { uptimeSeconds?: number | undefined } = {},
    ): Promise<HandedOut | undefined> {
      if (!waiting.has(instance.id)) return undefined;
      return inTurn(instance.id, () => handOut(instance, uptimeSeconds));
    },

    /**
     * What came of an action. One that ended without a result takes it still; one that has a result is left as it is. Throws
     * refused('no_such_action') for what this instance was not handed out.
     */
    async submit(instance: ActingInstance, id: number, submitted: Submitted): Promise<void> {
      await inTurn(instance.id, async () => {
        const action = Number.isSafeInteger(id) ? await table.find(id) : undefined;
        if (action?.instance !== instance.id || action.tries === 0) {
          throw refused('no_such_action', `action ${id} was not handed out to ${instance.id}`);
        }
        if (!takesResult(action)) return;
        const { kind } = action;
        const status = Number.isSafeInteger(submitted.status) ? submitted.status! : null;
        const message = keptMessage(submitted.message);
        const { asked: _, ...noted } = (action.result ?? {}) as Note & Record<string, unknown>;
        const kept = { ...noted, ...resultMember(kind, submitted.data) };
        const result = Object.keys(kept).length > 0 ? kept : null;
        if (isReboot(action) && status === 0) {
          // It is on its way down; the next boot says that it was done.
          if (action.state !== 'picked_up') return;
          await commit.write((tx) => table.report(tx, id, { status, message }));
          return;
        }
        const done = status === 0 || (kind === 'errata.update' && status === 39);
        const state = done ? 'completed' : 'failed';
        const streams = modulesSaid(kind, kept.data);
        const also: Also | undefined =
          streams && ((tx) => deps.writeModules?.(tx, instance.id, streams) ?? Promise.resolve());
        await endAll([[action, { state, status, message, result }]], { ifOpen: false, also });
        if (streams) deps.onModules?.(instance.id);
      });
    },

    /** What becomes due within some hours, for clients that fetch ahead. */
    async future(instance: ActingInstance, hours: number): Promise<HandedOut[]> {
      if (!waiting.has(instance.id)) return [];
      const now = clock();
      const within = Number.isFinite(hours) ? Math.min(Math.max(hours, 0), mostHours) : 0;
      const until = now + within * 3_600_000;
      const found: HandedOut[] = [];
      for (const action of await table.open(instance.id)) {
        if (found.length === mostFuture) break;
        if (action.state !== 'queued' || !actionKind(action.kind)?.staged) continue;
        if (Date.parse(action.earliestAt) > until) continue;
        if (overdue(action, now, settings().actionPatienceMs)) continue;
        const whole = await show(action.id);
        const call = await calls.of(instance, whole, new Date(now)).catch(problemOf);
        if ('call' in call) found.push(call.call);
      }
      return found;
    },

    /** How many of an instance's actions are open. */
    async length(instance: Pick<ActingInstance, 'id'>): Promise<number> {
      return waiting.has(instance.id) ? table.countOpen(instance.id) : 0;
    },

    /** Throws AppError 'not_found'. */
    show,

    list: (instance: number, limit: number) => table.list(instance, limit),

    /** Takes an open action back. One that was handed out may be carried out all the same; its result is still taken. */
    async cancel(id: number, by: string): Promise<Action> {
      const { instance } = await show(id);
      await inTurn(instance, async () => {
        const action = await show(id);
        if (action.endedAt !== null) {
          throw new AppError('conflict', `action ${id} is ${action.state} already`);
        }
        const how = { state: 'cancelled', message: `${by} cancelled it` } as const;
        await endAll([[action, how]], { ifOpen: true, by });
      });
      return show(id);
    },

    /** Ends what is overdue, and deletes what ended long ago; some of it where it is much. Gives how many it was. */
    async prune(): Promise<{ ended: number; removed: number }> {
      const count = { ended: 0, removed: 0 };
      const now = clock();
      const iso = (ms: number) => new Date(ms).toISOString();
      for (let i = 0; i < mostBatches; i++) {
        const since = iso(now - settings().actionPatienceMs);
        const found = await table.overdue(iso(now), since, batch);
        for (const { id, instance } of found) {
          await inTurn(instance, async () => {
            const action = await table.find(id);
            if (action && action.endedAt === null) await endOverdue([action], now);
          });
        }
        count.ended += found.length;
        if (found.length < batch) break;
      }
      const before = iso(now - settings().keepActionsMs);
      for (let i = 0; i < mostBatches; i++) {
        const removed = await commit.write((tx) => table.removeEnded(tx, before, batch));
        count.removed += removed;
        if (removed < batch) break;
      }
      return count;
    },
  };

  async function show(id: number): Promise<Action> {
    const found = Number.isSafeInteger(id) ? await table.find(id) : undefined;
    if (found) return found;
    throw new AppError('not_found', `there is no action ${id}`, {
      hint: '`headwater instance actions <id>` lists those of an instance',
    });
  }
}

/** For what cannot be looked up now, such as while the catalogue is made again. */
function problemOf(error: unknown): { problem: string } {
  if (error instanceof AppError) return { problem: explain(error) };
  throw error;
}

function resultMember(kind: string, data: unknown): { data?: unknown } {
  const kept = keptResult(kind, data);
  return kept === null ? {} : { data: kept };
}
