import { AppError, explain } from './base/errors.ts';
import type { Log } from './base/log.ts';
import { createHistory } from './channels/history.ts';
import { createHoldings, type HoldingsDeps } from './channels/holdings.ts';
import type { Publisher } from './channels/publisher.ts';
import type { Resolver } from './channels/resolve.ts';
import { createSnapshots } from './channels/snapshots.ts';
import { createAutomaticSnapshots } from './channels/snapshots-automatic.ts';
import { createStages } from './channels/stages.ts';
import { fetchHeld } from './mirror/fetch-packages.ts';
import type { PackageDeps } from './mirror/packages.ts';
import type { SourceSet } from './source-set.ts';
import type { Catalogue } from './store/catalogue/catalogue.ts';
import type { Leases } from './store/collect/leases.ts';
import type { MoveTable } from './store/state/moves.ts';
import type { RevisionTable } from './store/state/revisions.ts';
import type { SnapshotTable } from './store/state/snapshots.ts';
import type { SyncTable } from './store/state/syncs.ts';

export interface TimeDeps extends PackageDeps {
  leases: Leases;
  catalogue: Catalogue;
  revisions: RevisionTable;
  snapshotTable: SnapshotTable;
  moves: MoveTable;
  syncs: SyncTable;
  sources: SourceSet;
  resolver: Pick<Resolver, 'resolve'>;
  publisher: Pick<Publisher, 'publish'>;
  packagesOf: HoldingsDeps['packagesOf'];
  onReceived(label: string, bytes: number): void;
  /** Hears that a source has other snapshots than before. */
  onSnapshots(label: string): void;
  /** Throws AppError 'conflict' where instances are shown a channel, such as `label@snapshot`. */
  refuseShown(channel: string): void;
  log: Log;
}

export type Time = ReturnType<typeof createTime>;

/** Puts together what has to do with time: snapshots, stages, history. */
export function createTime(deps: TimeDeps) {
  const { sources, snapshotTable, revisions, log } = deps;
  const stopped = new AbortController();
  const holdings = createHoldings({
    objects: deps.objects,
    packagesOf: deps.packagesOf,
    source: sources.get,
    async fetchPackages(label, packages, options) {
      const source = sources.get(label);
      if (source?.kind !== 'mirrored') throw new Error(`${label} has no upstream`);
      const onBytes = (count: number) => {
        deps.onReceived(label, count);
        options.onBytes(count);
      };
      return fetchHeld(deps, source, packages, { ...options, onBytes });
    },
  });
  const failed = (label: string, error: unknown, message: string) => {
    const about = { source: label, reason: explain(error) };
    if (error instanceof AppError) log.warn(about, message);
    else log.error({ ...about, err: error }, message);
  };
  const stages = createStages({
    ...deps,
    snapshots: snapshotTable,
    holdings,
    source: sources.get,
    sources: sources.all,
    signal: stopped.signal,
    onUnsettled: (label, error) => failed(label, error, 'stage not moved to what is configured'),
  });
  const snapshots = createSnapshots({
    table: snapshotTable,
    revisions,
    resolver: deps.resolver,
    holdings,
    refuseShown: deps.refuseShown,
    onChanged(label) {
      deps.onSnapshots(label);
      stages.settle(label);
    },
  });
  const automatic = createAutomaticSnapshots({
    table: snapshotTable,
    snapshots,
    revisions,
    sources: sources.all,
    onError: (label, error) => failed(label, error, 'snapshot not made'),
  });
  return {
    stages,
    snapshots,
    automatic,
    history: createHistory({ ...deps, snapshots: snapshotTable }),
    holdings,
    signal: stopped.signal,
    /** Breaks off what is being fetched, and waits for what is under way. */
    async close(): Promise<void> {
      stopped.abort();
      await Promise.all([stages.settled(), automatic.settled()]);
    },
  };
}
