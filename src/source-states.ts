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

/** How all sources are, by few queries however many there are. */
export function createSourceStates(deps: Deps): Pick<Operations, 'sourceStates' | 'instancesWith'> {
  const counts = new LRUCache<string, { packages: number | null }>({ max: 10_000 });

  function packagesOf(revision: Revision, last: LastSync | undefined): number | null {
    if (revision.packages !== null) return revision.packages;
    if (last?.counted?.revision === revision.number) return last.counted.packages;
    const key = `${revision.label} ${revision.manifest}`;
    const known = counts.get(key) ?? { packages: deps.count(revision) };
    counts.set(key, known);
    return known.packages;
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

    async sourceStates() {
      const currents = new Map((await deps.revisions.currents()).map((r) => [r.label, r]));
      const syncs = new Map((await deps.syncs.lastOfEach()).map((s) => [s.label, s]));
      return deps.sources.all().map((source): SourceState => {
        const { label } = source;
        const [current, last] = [currents.get(label), syncs.get(label)];
        const packages = current ? packagesOf(current, last) : null;
        return { label, packages, status: statusOf(source, current, last) };
      });
    },
  };
}
