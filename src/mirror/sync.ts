import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { MirroredSource } from '../base/source.ts';
import type { Lease } from '../store/collect/leases.ts';
import { wasSwept } from './hold-manifest.ts';
import { isAbsent } from './located.ts';
import { isOlder } from './repomd-step.ts';
import { letRest } from './resting.ts';
import { startRun } from './start-run.ts';
import { type SyncReport, syncOnce } from './sync-once.ts';
import { type SyncDeps, type SyncOptions, throwIfCancelled, type Working } from './sync-run.ts';
import { isMismatch } from './trust/repomd-trust.ts';

/**
 * Brings a source up to its upstream: objects, then the manifest, then catalogue rows, then the ref. Starts again, a few
 * times and after growing pauses, when what the upstream hands out does not fit together. Throws AppErrors; what was
 * served before is served still.
 */
export async function syncSource(
  deps: SyncDeps,
  source: MirroredSource,
  options: SyncOptions = {},
): Promise<SyncReport> {
  const lease = await deps.leases.take();
  try {
    return await syncLeased(deps, source, { ...options, lease });
  } finally {
    lease.end();
  }
}

async function syncLeased(
  deps: SyncDeps,
  source: MirroredSource,
  options: SyncOptions & { lease: Lease },
): Promise<SyncReport> {
  const working: Working = { newest: 0 };
  const unfit = new Set<string>();
  for (let restart = 0; ; ) {
    const run = await startRun(deps, source, { ...options, working });
    const { list } = run.mirrors;
    // Those whose repomd.xml led nowhere come last.
    list.sort((a, b) => Number(unfit.has(a.shown)) - Number(unfit.has(b.shown)));
    try {
      return await syncOnce(run, options, working);
    } catch (error) {
      if (wasSwept(error) && restart++ < limits.restarts) continue;
      if (run.progress.step !== 'packages' && isOfMirror(error, working)) {
        unfit.add(working.from!);
        const giver = list.find((mirror) => mirror.shown === working.from);
        const others = list.some((mirror) => !unfit.has(mirror.shown));
        if (others && unfit.size <= mostUnfit) {
          if (giver?.name) letRest(giver.name);
          // What only that mirror said of time counts no more.
          working.newest = 0;
          continue;
        }
      }
      if (!disagrees(error, working)) throw error;
      // Packages are fetched for a revision that is whole: they alone need no other.
      if (run.progress.step === 'packages' && !(await run.upstreamMovedOn())) throw error;
      if (restart >= limits.restarts) throw inconsistent(error, restart + 1);
      unfit.clear();
      await sleep(limits.restartPause * 2 ** restart++, undefined, {
        signal: options.signal,
      }).catch(() => throwIfCancelled(run));
    }
  }
}

/** How many mirrors may hand out a repomd.xml that leads nowhere before the sync counts as failed. */
const mostUnfit = 8;

/** Whether another mirror's repomd.xml may do better than the one that the sync works on. */
function isOfMirror(error: unknown, working: Working): boolean {
  return error instanceof AppError && working.from !== undefined && ofMirror.has(error.kind);
}

const ofMirror: ReadonlySet<string> = new Set([
  'untrusted',
  'checksum',
  'refused',
  'unreachable',
  'invalid',
  'limit',
]);

/** Whether an error may be that of an upstream that publishes, or of a cache before it that is half old, half new. */
function disagrees(error: unknown, working: Working): error is AppError {
  if (!(error instanceof AppError)) return false;
  if (isMismatch(error)) return true;
  if (isOlder(error)) return working.newest > 0;
  return working.on !== undefined && (error.kind === 'checksum' || isAbsent(error));
}

function inconsistent(error: AppError, tries: number): AppError {
  return new AppError(error.kind, `${error.message} (tried ${tries} times from the start)`, {
    cause: error,
    hint: error.hint ?? 'the upstream may be in the middle of a publish: try again later',
    ...(error.detail && { detail: error.detail }),
  });
}
