import { createMetrics, type Metrics } from './server/metrics/metrics.ts';
import type { SourceSet } from './source-set.ts';
import { measureObjects } from './store/objects/measure.ts';
import type { Objects } from './store/objects/objects.ts';
import type { DataPaths } from './store/paths.ts';
import type { RevisionTable } from './store/state/revisions.ts';
import type { SyncTable } from './store/state/syncs.ts';

/** The metrics of a data folder that is being served. */
export function metricsOf(deps: {
  paths: DataPaths;
  objects: Objects;
  sources: SourceSet;
  revisions: RevisionTable;
  syncs: SyncTable;
  openDownloads(): number;
}): Metrics {
  const { paths, objects, sources, revisions, syncs } = deps;
  return createMetrics({
    sources: () => sources.all().map((s) => s.label),
    async sourceState(label) {
      const { finishedAt, setAsideCount } = await syncs.lastSuccess(label);
      return {
        revision: (await revisions.current(label))?.number,
        lastSuccess: finishedAt === null ? undefined : new Date(finishedAt),
        setAside: setAsideCount,
      };
    },
    measureObjects: () => measureObjects(paths),
    freeBytes: objects.freeBytes,
    openDownloads: deps.openDownloads,
  });
}
