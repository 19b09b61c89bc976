import type { ActionHead } from '../store/state/actions.ts';
import type { StateTransaction } from '../store/state/group-commit.ts';
import type { How } from './action-order.ts';
import type { ActionsDeps } from './actions.ts';

/** What is written together with how an action ended. */
export type Also = (tx: StateTransaction) => Promise<void>;

/** A month: a machine may have been away for long. */
const askedForMs = 30 * 86_400_000;

type Deps = Pick<ActionsDeps, 'table' | 'commit' | 'note' | 'onEnded' | 'clock'>;

/** Ends actions, and tells whom it concerns. */
export function createEnds(deps: Deps, wereAdded: (instances: readonly number[]) => void) {
  const { table, commit } = deps;
  const clock = deps.clock ?? Date.now;

  /** Ends actions, and tells of all that ended with them. */
  async function endAll(
    ends: readonly (readonly [ActionHead, How])[],
    { ifOpen, by, also }: { ifOpen: boolean; by?: string; also?: Also | undefined },
  ): Promise<void> {
    const at = new Date(clock()).toISOString();
    const ended = await commit.write(async (tx) => {
      await also?.(tx);
      const all: ActionHead[] = [];
      for (const [{ id }, how] of ends)
        all.push(...(await table.end(tx, id, { ...how, at, ifOpen })));
      await askForProfiles(tx, all, at);
      return all;
    });
    tell(ended, by);
  }

  /** Of which no result came, the next profile says what became of it: that comes soon. */
  async function askForProfiles(tx: StateTransaction, ended: readonly ActionHead[], at: string) {
    const lost = ended.filter((a) => a.state === 'unknown' && a.workRequest && isOfPackages(a));
    if (lost.length === 0) return;
    const targets = [...new Set(lost.map((a) => a.instance))].map((instance) => ({
      ...{ instance, prerequisite: null, workRequest: null },
    }));
    await table.create(tx, targets, {
      ...{ kind: 'packages.refresh_list', params: {}, createdBy: 'server' },
      ...{ earliestAt: at, createdAt: at, expiresAt: new Date(clock() + askedForMs).toISOString() },
    });
    wereAdded(targets.map((t) => t.instance));
  }

  function tell(ended: readonly ActionHead[], by?: string): void {
    if (ended.length > 0) deps.onEnded?.(ended);
    for (const { id, instance, kind, state, message } of ended) {
      deps.note({
        actor: by ?? `instance:${instance}`,
        event: `action.${state}`,
        instance,
        subject: String(id),
        detail: message ? `${kind}: ${message}` : kind,
      });
    }
  }

  return endAll;
}

const isOfPackages = ({ kind }: ActionHead): boolean => /^(packages|updates)\./.test(kind);
