import type { MirroredSource } from '../base/source.ts';
import type { Lease } from '../store/collect/leases.ts';
import { findMirrors } from './mirrors.ts';
import { fetchRepomd } from './repomd-step.ts';
import type { SyncDeps, SyncOptions, SyncProgress, SyncRun, Working } from './sync-run.ts';
import { fetchTreeinfo } from './tree-step.ts';

/** Starts a try of a sync: finds the mirrors that it is to use. Throws AppErrors. */
export async function startRun(
  deps: SyncDeps,
  source: MirroredSource,
  { working, lease, ...options }: SyncOptions & { working: Working; lease: Lease },
): Promise<SyncRun> {
  working.on = undefined;
  working.tree = undefined;
  working.from = undefined;
  const progress: SyncProgress = {
    step: 'repomd',
    bytes: 0,
    totalBytes: 0,
    packages: 0,
    packagesFetched: 0,
  };
  const run: SyncRun = {
    deps,
    source,
    mirrors: await findMirrors(source, options),
    lease,
    signal: options.signal,
    warnings: [],
    refused: [],
    progress,
    tell(change) {
      Object.assign(progress, change);
      options.onProgress?.({ ...progress });
    },
    onBytes: (count) => run.tell({ bytes: progress.bytes + count }),
    async upstreamMovedOn() {
      if (!working.on) return false;
      const fresh = await findMirrors(source, options).catch(() => undefined);
      const got = fresh && (await fetchRepomd(run, { from: fresh }).catch(() => undefined));
      if (got && !got.bytes.equals(working.on)) return true;
      if (!fresh || !working.tree) return false;
      const tree = await fetchTreeinfo({ ...run, mirrors: fresh }).catch(() => undefined);
      return tree !== undefined && !tree.bytes.equals(working.tree);
    },
  };
  return run;
}
