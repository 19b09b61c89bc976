import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Source } from '../base/source.ts';
import { isAbsent } from './located.ts';
import { isOlder } from './repomd-step.ts';
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
  source: Source,
  options: SyncOptions = {},
): Promise<SyncReport> {
  const working: Working = { newest: 0 };
  let mismatches = 0;
  for (let restart = 0; ; restart++) {
    const run = await startRun(deps, source, { ...options, working });
    // The mirror whose repomd.xml and signature disagreed comes last.
    const { list } = run.mirrors;
    list.push(...list.splice(0, mismatches % list.length));
    try {
      return await syncOnce(run, options, working);
    } catch (error) {
      if (!disagrees(error, working)) throw error;
      if (isMismatch(error)) mismatches++;
      // Packages are fetched for a revision that is whole: they alone need no other.
      if (run.progress.step === 'packages' && !(await run.upstreamMovedOn())) throw error;
      if (restart >= limits.restarts) throw inconsistent(error, restart + 1);
      await sleep(limits.restartPause * 2 ** restart, undefined, {
        signal: options.signal,
      }).catch(() => throwIfCancelled(run));
    }
  }
}

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
