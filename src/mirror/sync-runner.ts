import pLimit from 'p-limit';
import { AppError, diskError, explain } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Source } from '../base/source.ts';
import type { SyncEnd } from '../store/state/syncs.ts';
import { type SyncOptions, syncSource } from './sync.ts';
import type { SyncDeps, SyncProgress } from './sync-run.ts';

/** How a sync ended, as the history keeps it, and how long it took in milliseconds. */
export type SyncOutcome = SyncEnd & { took: number };

interface Running {
  done: Promise<SyncOutcome>;
  allowOlder: boolean;
  listeners: Set<(progress: SyncProgress) => void>;
}

/** How many sources are synced at a time. */
const parallel = 2;

/** Runs syncs: never two of one source at a time, a few at a time in all, and each with its place in the history. */
export function createSyncRunner(
  deps: SyncDeps & { log: Log; onPublished: (label: string) => void },
) {
  const running = new Map<string, Running>();
  const slots = pLimit(parallel);
  const stopped = new AbortController();

  /**
   * Syncs a source, or joins the sync of it that is under way, unless that may not take what is older: then another
   * follows. Never rejects: a failure is an outcome.
   */
  function run(
    source: Source,
    options: Pick<SyncOptions, 'allowOlder' | 'onProgress'> = {},
  ): Promise<SyncOutcome> {
    const { allowOlder = false } = options;
    let entry = running.get(source.label);
    if (entry && allowOlder && !entry.allowOlder) {
      return entry.done.then((end) => (stopped.signal.aborted ? end : run(source, options)));
    }
    if (!entry) {
      const listeners = new Set<(p: SyncProgress) => void>();
      const done = slots(() => runOne(source, listeners, allowOlder)).finally(() =>
        running.delete(source.label),
      );
      entry = { done, listeners, allowOlder };
      running.set(source.label, entry);
    }
    if (options.onProgress) entry.listeners.add(options.onProgress);
    return entry.done;
  }

  async function runOne(
    source: Source,
    listeners: Running['listeners'],
    allowOlder: boolean,
  ): Promise<SyncOutcome> {
    const started = performance.now();
    const log = deps.log.child({ source: source.label });
    let bytes = 0;
    let end: SyncEnd;
    let id: number | undefined;
    try {
      id = await deps.syncs.start(source.label);
      const report = await syncSource(deps, source, {
        signal: stopped.signal,
        allowOlder,
        onProgress: (progress) => {
          bytes = progress.bytes;
          for (const listener of listeners) listener(progress);
        },
      });
      const { index, warnings } = report;
      end = {
        outcome: report.outcome,
        bytes: report.bytes,
        warnings,
        revision: report.revision?.number ?? null,
        ...(index && {
          packages: index.packages,
          packagesAdded: index.packagesAdded,
          packagesRemoved: index.packagesRemoved,
          advisories: index.advisories,
          advisoriesNew: index.advisoriesNew,
          setAside: index.setAside,
          setAsideCount: index.setAsideCount,
        }),
      };
    } catch (caught) {
      const error = diskError(caught, `syncing ${source.label}`);
      const kind = error instanceof AppError ? error.kind : 'internal';
      const named = explain(error);
      const subject = `source ${source.label}:`;
      const reason = named.startsWith(subject) ? named : `${subject} ${named}`;
      end = {
        outcome: kind === 'cancelled' ? 'cancelled' : 'failed',
        reason,
        errorKind: kind,
        bytes,
      };
      if (kind === 'internal') log.error({ err: error }, 'sync failed');
    }
    // A sync that fails may have published before: packages come last.
    if (end.outcome !== 'unchanged') deps.onPublished(source.label);
    if (id !== undefined) {
      await deps.syncs
        .finish(id, end)
        .catch((error) => log.error({ err: error }, 'history not written'));
    }
    const took = Math.round(performance.now() - started);
    const { setAside, ...shown } = end;
    log[end.outcome === 'failed' ? 'warn' : 'info']({ ...shown, took }, 'sync');
    return { ...end, took };
  }

  return {
    run,
    isRunning: (label: string): boolean => running.has(label),
    /** Breaks off what is under way and waits for it to end. */
    async close(): Promise<void> {
      stopped.abort();
      await Promise.allSettled([...running.values()].map((r) => r.done));
    },
  };
}

export type SyncRunner = ReturnType<typeof createSyncRunner>;
