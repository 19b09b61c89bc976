import { LRUCache } from 'lru-cache';
import type { Source } from './base/source.ts';
import type { createDerivedDetails } from './derived-details.ts';
import type { Operations, SourceState } from './server/control/operations.ts';
import type { SourceSet } from './source-set.ts';
import type { AttachmentTable } from './store/state/attachments.ts';
import type { Revision, RevisionTable } from './store/state/revisions.ts';
import type { LastSync, SyncTable } from './store/state/syncs.ts';

interface Deps {
  sources: SourceSet;
  revisions: RevisionTable;
  syncs: SyncTable;
  fleetStores: { attachments: Pick<AttachmentTable, 'namesWith'> };
  derived: Pick<ReturnType<typeof createDerivedDetails>, 'problem'>;
  /** How many packages a revision has; null where that is not known at once. Takes a while. */
  count(revision: Revision): number | null;
}

/** How sources are, by few queries however many are asked for. */
export function createSourceStates(deps: Deps): Pick<Operations, 'sourceStates' | 'instancesWith'> {
  /** By revision: what is in one does not change. */
  const counts = new LRUCache<string, { packages: number | null }>({ max: 10_000 });

  const keyOf = ({ label, number }: Revision) => `${label} ${number}`;

  /** Learns how many packages revisions have of which that is not known. */
  async function learn(revisions: readonly Revision[]): Promise<void> {
    const unknown = revisions.filter((r) => r.packages === null && !counts.has(keyOf(r)));
    if (unknown.length === 0) return;
    const counted = await deps.syncs.countsOfEach(unknown.map((r) => r.label));
    const byLabel = new Map(counted.map((c) => [c.label, c]));
    for (const revision of unknown) {
      const sync = byLabel.get(revision.label);
      const known = sync?.revision === revision.number ? sync.packages : null;
      counts.set(keyOf(revision), { packages: known ?? deps.count(revision) });
    }
  }

  function statusOf(
    source: Source,
    current: Revision | undefined,
    last: LastSync | undefined,
  ): SourceState['status'] {
    if (source.kind !== 'mirrored') {
      if (deps.derived.problem(source) === null) return 'normal';
      // What it was before is served still.
      return current ? 'warning' : 'error';
    }
    if (last?.outcome === 'failed') {
      return last.errorKind === 'unreachable' ? 'unreachable' : 'error';
    }
    return last?.hasRemarks ? 'warning' : 'normal';
  }

  return {
    instancesWith: deps.fleetStores.attachments.namesWith,

    async sourceStates(labels) {
      const found = await deps.revisions.currents(labels);
      await learn(found);
      const currents = new Map(found.map((r) => [r.label, r]));
      const syncs = new Map((await deps.syncs.lastOfEach(labels)).map((s) => [s.label, s]));
      return labels.flatMap((label): SourceState[] => {
        const source = deps.sources.get(label);
        if (!source) return [];
        const current = currents.get(label);
        const packages = current && (current.packages ?? counts.get(keyOf(current))?.packages);
        const status = statusOf(source, current, syncs.get(label));
        return [{ label, packages: packages ?? null, status }];
      });
    },
  };
}
