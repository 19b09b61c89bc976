import { Registry } from 'prom-client';
import { processMetrics } from './process-metrics.ts';
import { requestMetrics } from './request-metrics.ts';
import { type SourceState, sourceMetrics } from './source-metrics.ts';
import { storeMetrics } from './store-metrics.ts';

/** What the metrics ask the rest for when they are read. */
export interface MetricsDeps {
  /** Labels of the sources that there are now. */
  sources(): string[];
  sourceState(label: string): Promise<SourceState>;
  /** Walks the object store. Asked for now and then only. */
  measureObjects(): Promise<{ count: number; bytes: number }>;
  freeBytes(): Promise<number>;
  /** Packages that are being fetched because clients asked for them. */
  openDownloads(): number;
}

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * What Prometheus reads, in a registry of its own. No label has values from outside: sources are those of the configuration,
 * and what is known of one ends with it.
 */
export function createMetrics(deps: MetricsDeps) {
  const registry = new Registry();
  const bySource = new Registry();
  const { refresh, ...sources } = sourceMetrics(bySource, deps);
  const requests = requestMetrics(registry);
  storeMetrics(registry, deps);
  const ownProcess = processMetrics(registry);
  return {
    ...sources,
    ...requests,
    contentType: registry.contentType,
    /** Everything, in Prometheus' text format; what names sources only if that is wanted. */
    async text(withSources: boolean): Promise<string> {
      if (!withSources) return registry.metrics();
      await refresh();
      return `${await bySource.metrics()}\n${await registry.metrics()}`;
    },
    close: ownProcess.close,
  };
}
