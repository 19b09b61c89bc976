import type { StateTransaction } from '../store/state/group-commit.ts';
import type { StoredWork } from '../store/state/runs.ts';
import type { createQueueing, QueueingDeps } from './run-queueing.ts';
import {
  countsOf,
  failureCount,
  isParent,
  openCount,
  percentOf,
  plannedOf,
  saidOfCounts,
} from './run-rows.ts';
import type { OutcomeCounts, RunStatus } from './run-types.ts';
import { createTurns } from './turns.ts';

interface Deps extends QueueingDeps {
  actionTable: QueueingDeps['actionTable'] & {
    cancelQueued(
      tx: StateTransaction,
      workRequest: number,
      how: { at: string; message: string },
    ): Promise<unknown>;
  };
  queueing: ReturnType<typeof createQueueing>;
  /** A run ended. */
  onEnded(id: number): Promise<void>;
}

/** Children that get their actions in one transaction: others wait for as long. */
const atATime = 200;

/** Carries runs on: what can be queued is, what is over ends. All that is needed for it is in the tables. */
export function createSteps(deps: Deps) {
  const { table, actionTable, commit, queueing, clock } = deps;
  const inTurn = createTurns();
  const isoNow = () => new Date(clock()).toISOString();

  const countsFor = async (id: number): Promise<OutcomeCounts> =>
    countsOf(await table.counts([id]));

  const set = (id: number, row: Parameters<typeof table.change>[2]) =>
    commit.write((tx) => table.change(tx, [id], row));

  /** Ends what is not begun yet. */
  async function endRest(row: StoredWork, message: string): Promise<void> {
    const at = isoNow();
    await commit.write(async (tx) => {
      const end = { outcome: 'cancelled', status: 'CANCELED', message, finished_at: at } as const;
      await table.endWaiting(tx, row.id, end);
      await actionTable.cancelQueued(tx, row.id, { at, message });
    });
  }

  /** The same for the part of one instance. */
  async function endOne(row: StoredWork, message: string): Promise<void> {
    const at = isoNow();
    await commit.write(async (tx) => {
      const isWaiting = (await table.stillWaiting(tx, [row.id])).has(row.id);
      const end = { outcome: 'cancelled', status: 'CANCELED', message, finished_at: at } as const;
      if (isWaiting) await table.change(tx, [row.id], end);
      else await actionTable.cancelQueued(tx, row.id, { at, message });
    });
  }

  /** Why nothing more of a run is begun; undefined where more may be. */
  function stopped(row: StoredWork, counts: OutcomeCounts): string | undefined {
    if (row.status === 'CANCELLING') return row.message ?? 'it was cancelled';
    const { stopAfter } = plannedOf(row).rollout ?? {};
    const failures = failureCount(counts);
    if (stopAfter === undefined || failures < stopAfter) return undefined;
    return `not begun, as ${failures === 1 ? 'one failed' : `${failures} failed`}`;
  }

  async function timeOut(row: StoredWork): Promise<void> {
    const at = isoNow();
    const message = 'its turn did not come in time';
    const end = { outcome: 'timed_out', status: 'FAILED', message, finished_at: at } as const;
    await commit.write((tx) => table.endWaiting(tx, row.id, end));
  }

  async function carryOn(id: number): Promise<void> {
    for (;;) {
      const row = await table.find(id);
      if (!row || !isParent(row)) return;
      const counts = await countsFor(id);
      if (row.finished_at !== null) return settleAgain(row, counts);
      const { maxAtOnce = Number.POSITIVE_INFINITY, until } = plannedOf(row).rollout ?? {};
      const why = stopped(row, counts);
      if (why !== undefined && counts.waiting + counts.queued > 0) {
        await endRest(row, why);
        continue;
      }
      if (counts.waiting > 0 && until !== undefined && Date.parse(until) <= clock()) {
        await timeOut(row);
        continue;
      }
      const room = Math.min(atATime, maxAtOnce - counts.queued - counts.picked_up);
      if (counts.waiting > 0 && room > 0) {
        const next = await table.children(id, { outcome: 'waiting', limit: room });
        const todo = next.map((child) => ({ id: child.id, instance: child.instance! }));
        await queueing.queue(row, todo);
        continue;
      }
      return openCount(counts) === 0 ? end(row, counts) : progress(row, counts);
    }
  }

  async function progress(row: StoredWork, counts: OutcomeCounts): Promise<void> {
    const percent = percentOf(row, counts);
    const isBegun = counts.picked_up > 0 || counts.waiting + counts.queued < counts.total;
    const isFirst = isBegun && row.status === 'ACCEPTED';
    if (percent === row.percent && !isFirst) return;
    await set(row.id, {
      percent,
      ...(isFirst && { status: 'IN_PROGRESS', started_at: isoNow() }),
    });
  }

  async function end(row: StoredWork, counts: OutcomeCounts): Promise<void> {
    const at = isoNow();
    const status = endOf(row, counts);
    await set(row.id, {
      ...{ status, percent: 100, message: saidOfCounts(counts) },
      ...{ started_at: row.started_at ?? at, finished_at: at },
    });
    await deps.onEnded(row.id);
  }

  /** What one of its instances did came to be known after all. */
  async function settleAgain(row: StoredWork, counts: OutcomeCounts): Promise<void> {
    const message = counts.total > 0 ? saidOfCounts(counts) : row.message;
    const status = row.status === 'CANCELED' ? row.status : endOf(row, counts);
    if (message !== row.message || status !== row.status) await set(row.id, { message, status });
  }

  return {
    /** Carries a run on as far as it goes now. */
    step: (id: number): Promise<void> => inTurn(id, () => carryOn(id)),
    /** End what is not begun yet: of a run, or of the part of one instance. */
    endRest,
    endOne,
  };
}

function endOf(row: StoredWork, counts: OutcomeCounts): RunStatus {
  if (row.status === 'CANCELLING') return 'CANCELED';
  if (failureCount(counts) > 0) return 'FAILED';
  return counts.cancelled > 0 && counts.done === 0 ? 'CANCELED' : 'SUCCEEDED';
}
