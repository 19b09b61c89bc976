import type { ActionEnd, ActionHead } from '../store/state/actions.ts';

export type How = Omit<ActionEnd, 'at'>;

export const isReboot = ({ kind }: ActionHead): boolean => kind === 'reboot.reboot';

/**
 * The first that is due, of an instance's open actions in order: handed out before without a result, or not held back by
 * another.
 */
export function nextOf(
  open: readonly ActionHead[],
  except: ReadonlySet<number>,
  now: number,
): ActionHead | undefined {
  const ids = new Set(open.map((a) => a.id));
  return open.find((a) => {
    if (except.has(a.id)) return false;
    if (a.state === 'picked_up') return a.expiresAt === null || Date.parse(a.expiresAt) > now;
    // A prerequisite that ended and did not fail this one was completed.
    const isHeld = a.prerequisite !== null && ids.has(a.prerequisite);
    return !isHeld && Date.parse(a.earliestAt) <= now;
  });
}

/** How an open action is over without a result; undefined where it is not. `patience` in milliseconds after the last time that it was handed out. */
export function overdue(action: ActionHead, now: number, patience: number): How | undefined {
  if (action.state === 'queued') {
    const expired = action.expiresAt !== null && Date.parse(action.expiresAt) <= now;
    return expired ? { state: 'expired', message: 'it was not asked for in time' } : undefined;
  }
  if (Date.parse(action.pickedUpAt!) + patience > now) return undefined;
  const missing = isReboot(action) ? 'the instance was not seen to boot again' : 'no result came';
  return {
    state: 'unknown',
    message: `${missing} since it was handed out${times(action.tries)}`,
  };
}

/** It would be handed out once more. */
export function usedUp({ tries }: ActionHead, mostTries: number): How | undefined {
  if (tries < mostTries) return undefined;
  return { state: 'unknown', message: `no result came, though it was handed out${times(tries)}` };
}

/** Whether a result changes anything: one that ended without any takes it still. */
export const takesResult = ({ state, status }: ActionHead): boolean =>
  status === null && (state === 'picked_up' || state === 'unknown' || state === 'cancelled');

const times = (n: number): string => (n === 1 ? '' : ` ${n} times`);
