import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ErrorKind } from '../../base/errors.ts';
import type { MetricsDeps } from './metrics.ts';

/** What is known of a source, also from earlier processes. */
export interface SourceState {
  revision: number | undefined;
  /** When its last sync ended that succeeded. */
  lastSuccess: Date | undefined;
  /** Records that its last new revision set aside. */
  setAside: number;
}

/** How a sync ended. `took` in milliseconds. */
export interface EndedSync {
  outcome: string;
  errorKind?: string | null;
  took: number;
}

const results = ['updated', 'unchanged', 'failed', 'cancelled'] as const;

/** Kinds of errors that are the upstream's, or the way's to it. */
const upstreamKinds: readonly string[] = [
  'unreachable',
  'refused',
  'invalid',
  'checksum',
  'untrusted',
  'limit',
] satisfies ErrorKind[];

/** Syncs and upstreams, by source. */
export function sourceMetrics(
  registry: Registry,
  deps: Pick<MetricsDeps, 'sources' | 'sourceState'>,
) {
  const registers = [registry];
  const labelNames = ['source'] as const;
  const syncs = new Counter({
    name: 'headwater_syncs_total',
    help: 'Syncs that ended, by source and result (updated, unchanged, failed, cancelled).',
    labelNames: ['source', 'result'],
    registers,
  });
  const duration = new Histogram({
    name: 'headwater_sync_duration_seconds',
    help: 'How long syncs took, by source.',
    labelNames,
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200],
    registers,
  });
  const received = new Counter({
    name: 'headwater_upstream_received_bytes_total',
    help: 'Bytes of files received from upstream, by source.',
    labelNames,
    registers,
  });
  const errors = new Counter({
    name: 'headwater_upstream_errors_total',
    help: 'Syncs and fetches of packages that an upstream made fail, by source and kind of error.',
    labelNames: ['source', 'kind'],
    registers,
  });
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers });
  const revision = gauge('headwater_source_revision', 'The revision that is served, by source.');
  const lastSuccess = gauge(
    'headwater_source_last_success_timestamp_seconds',
    'When the last sync that succeeded ended, by source.',
  );
  const setAside = gauge(
    'headwater_source_set_aside_records',
    'Packages, advisories, modules and groups that the last new revision set aside, by source.',
  );

  /** Read once for each sync, not for each scrape. */
  const states = new Map<string, Promise<SourceState>>();
  /** Sources that series may be there of. */
  const seen = new Set<string>();
  const failed = (source: string, kind: string | null | undefined) => {
    seen.add(source);
    if (kind && upstreamKinds.includes(kind)) errors.inc({ source, kind });
  };

  function dropGone(): void {
    const sources = new Set(deps.sources());
    for (const source of seen) {
      if (sources.has(source)) continue;
      for (const result of results) syncs.remove({ source, result });
      for (const kind of upstreamKinds) errors.remove({ source, kind });
      for (const metric of [duration, received, revision, lastSuccess, setAside]) {
        metric.remove({ source });
      }
      states.delete(source);
      seen.delete(source);
    }
  }

  async function refresh(): Promise<void> {
    dropGone();
    await Promise.all(deps.sources().map(show));
  }

  async function show(source: string): Promise<void> {
    seen.add(source);
    // From nought on, so that the first of each kind shows as an increase.
    for (const result of results) syncs.inc({ source, result }, 0);
    for (const kind of upstreamKinds) errors.inc({ source, kind }, 0);
    received.inc({ source }, 0);
    let state = states.get(source);
    if (!state) {
      state = deps.sourceState(source);
      states.set(source, state);
      state.catch(() => states.delete(source));
    }
    const known = await state;
    if (known.revision !== undefined) revision.set({ source }, known.revision);
    if (known.lastSuccess) lastSuccess.set({ source }, known.lastSuccess.getTime() / 1000);
    setAside.set({ source }, known.setAside);
  }

  return {
    /** To be called before the metrics are read. */
    refresh,
    /** Forgets sources that there are no more, before there are others of their labels. */
    dropGone,
    syncEnded(source: string, { outcome, errorKind, took }: EndedSync): void {
      seen.add(source);
      states.delete(source);
      syncs.inc({ source, result: outcome });
      duration.observe({ source }, took / 1000);
      failed(source, errorKind);
    },
    /** Bytes that came from an upstream. */
    received(source: string, bytes: number): void {
      seen.add(source);
      received.inc({ source }, bytes);
    },
    packageFailed: failed,
  };
}
