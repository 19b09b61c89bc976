import type { StateTransaction } from './group-commit.ts';
import type { WorkOutcome, WorkRequestRow } from './identity-tables.ts';

/** An action has been handed out: so has the work that it is of. */
export async function noteHandedOut(
  tx: StateTransaction,
  workRequest: number,
  at: string,
): Promise<void> {
  await tx
    .updateTable('work_request')
    .set((e) => ({
      outcome: 'picked_up' as const,
      status: 'IN_PROGRESS' as const,
      started_at: e.fn.coalesce('started_at', e.val(at)),
    }))
    .where('id', '=', workRequest)
    .where('outcome', '=', 'queued')
    .execute();
}

/** Brings work requests of single instances to what their actions say, which changed at a time. */
export async function settleWork(
  tx: StateTransaction,
  workRequests: readonly number[],
  at: string,
): Promise<void> {
  for (const id of new Set(workRequests)) {
    const actions = await tx
      .selectFrom('action')
      .select(['state', 'message', 'tries'])
      .where('work_request', '=', id)
      .orderBy('id')
      .execute();
    if (actions.length === 0) continue;
    await tx
      .updateTable('work_request')
      .set((e) => {
        const { isOver, ...now } = outcomeOf(actions);
        const finished = isOver ? e.fn.coalesce('finished_at', e.val(at)) : null;
        return { ...now, finished_at: finished };
      })
      .where('id', '=', id)
      .execute();
  }
}

interface Acted {
  state: keyof typeof inEnd | 'queued' | 'picked_up';
  message: string | null;
  tries: number;
}

/** What ended actions are to the work that they are of. */
const inEnd = {
  completed: 'done',
  failed: 'failed',
  unknown: 'unknown',
  expired: 'timed_out',
  cancelled: 'cancelled',
} as const satisfies Record<string, WorkOutcome>;

/** The first that was not completed decides: those after it failed because of it. */
function outcomeOf(actions: readonly Acted[]) {
  const completed = actions.filter((a) => a.state === 'completed').length;
  const percent = Math.floor((100 * completed) / actions.length);
  if (actions.some((a) => a.state === 'queued' || a.state === 'picked_up')) {
    const isBegun = actions.some((a) => a.tries > 0 || a.state === 'completed');
    return {
      ...{ isOver: false, percent, message: null },
      outcome: isBegun ? ('picked_up' as const) : ('queued' as const),
      status: isBegun ? ('IN_PROGRESS' as const) : ('ACCEPTED' as const),
    };
  }
  const decisive = actions.find((a) => a.state !== 'completed') ?? actions.at(-1)!;
  const outcome = inEnd[decisive.state as keyof typeof inEnd];
  const { message } = decisive;
  return { isOver: true, percent, message, outcome, status: statusOf(outcome) };
}

export function statusOf(outcome: WorkOutcome): WorkRequestRow['status'] {
  if (outcome === 'done') return 'SUCCEEDED';
  return outcome === 'cancelled' ? 'CANCELED' : 'FAILED';
}
