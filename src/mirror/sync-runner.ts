import pLimit from 'p-limit';
import { AppError, diskError, explain, oneLine } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import type { MirroredSource } from '../base/source.ts';
import type { SyncEnd } from '../store/state/syncs.ts';
import { syncSource } from './sync.ts';
import type { SyncDeps, SyncOptions, SyncProgress } from './sync-run.ts';

/** How a sync ended, as the history keeps it, and how long it took in milliseconds. */
export type SyncOutcome = SyncEnd & { took: number };

interface Running {
  done: Promise<SyncOutcome>;
  cancel(): void;
  allowOlder: boolean;
  listeners: Set<(progress: SyncProgress) => void>;
}

/** How many refused packages the history names. */
const shownRefused = 20;

const mostWarnings = 200;

/** Warnings as the history keeps them: one line each, and not more than a person would read. */
function bounded(warnings: readonly string[]): string[] {
  const shown = warnings.slice(0, mostWarnings).map(oneLine);
  const more = warnings.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

/** Runs syncs: never two of one source at a time, a few at a time in all, and each with its place in the history. */
export function createSyncRunner(
  deps: SyncDeps & {
    log: Log;
    onPublished: (label: string) => void;
    /** Hears of bytes from upstream as they come, and how each sync ended. */
    onReceived?: (label: string, bytes: number) => void;
    onEnded?: (label: string, outcome: SyncOutcome) => void;
  },
) {
  const running = new Map<string, Running>();
  const slots = pLimit(limits.parallelSyncs);
  const stopped = new AbortController();

  /**
   * Syncs a source, or joins the sync of it that is under way, unless that may not take what is older: then another
   * follows. Never rejects: a failure is an outcome.
   */
  function run(
    source: MirroredSource,
    options: Omit<SyncOptions, 'signal'> = {},
  ): Promise<SyncOutcome> {
    const { allowOlder = false } = options;
    let entry = running.get(source.label);
    if (entry && allowOlder && !entry.allowOlder) {
      // Who breaks off a sync means those that wait for it as well.
      return entry.done.then((end) => (end.outcome === 'cancelled' ? end : run(source, options)));
    }
    if (!entry) {
      const listeners = new Set<(p: SyncProgress) => void>();
      const cancelled = new AbortController();
      const signal = AbortSignal.any([stopped.signal, cancelled.signal]);
      let begun: Promise<SyncOutcome> | undefined;
      const begin = () => {
        begun ??= runOne(source, listeners, { ...options, signal });
        return begun;
      };
      const done = new Promise<SyncOutcome>((resolve) => {
        slots.concurrency = limits.parallelSyncs;
        void slots(begin).then(resolve);
        // One that still waits for its turn ends at once.
        cancelled.signal.addEventListener('abort', () => void begin().then(resolve));
      }).finally(() => running.delete(source.label));
      entry = { done, listeners, allowOlder, cancel: () => cancelled.abort() };
      running.set(source.label, entry);
    }
    if (options.onProgress) entry.listeners.add(options.onProgress);
    return entry.done;
  }

  async function runOne(
    source: MirroredSource,
    listeners: Running['listeners'],
    options: SyncOptions,
  ): Promise<SyncOutcome> {
    const started = performance.now();
    const log = deps.log.child({ source: source.label });
    const sofar = { bytes: 0, packagesFetched: 0 };
    let end: SyncEnd;
    let id: number | undefined;
    try {
      id = await deps.syncs.start(source.label);
      const report = await syncSource(deps, source, {
        ...options,
        onProgress: (progress) => {
          deps.onReceived?.(source.label, Math.max(0, progress.bytes - sofar.bytes));
          sofar.bytes = progress.bytes;
          sofar.packagesFetched = progress.packagesFetched;
          for (const listener of listeners) listener(progress);
        },
      });
      const { index, warnings, refused } = report;
      end = {
        ...sofar,
        outcome: report.outcome,
        bytes: report.bytes,
        warnings: bounded(warnings),
        revision: report.revision?.number ?? null,
        ...(index && {
          packages: index.packages,
          packagesAdded: index.packagesAdded,
          packagesRemoved: index.packagesRemoved,
          advisories: index.advisories,
          advisoriesNew: index.advisoriesNew,
        }),
        setAside: [...(index?.setAside ?? []), ...refused.slice(0, shownRefused)],
        setAsideCount: (index?.setAsideCount ?? 0) + refused.length,
      };
    } catch (caught) {
      const error = diskError(caught, `syncing ${source.label}`);
      const kind = error instanceof AppError ? error.kind : 'internal';
      const named = explain(error);
      const subject = `source ${source.label}:`;
      const reason = named.startsWith(subject) ? named : `${subject} ${named}`;
      end = {
        ...sofar,
        outcome: kind === 'cancelled' ? 'cancelled' : 'failed',
        reason,
        errorKind: kind,
      };
      if (kind === 'internal') log.error({ err: error }, 'sync failed');
    }
    // A sync that fails may have published before: packages come last.
    if (end.outcome !== 'unchanged') deps.onPublished(source.label);
    if (id !== undefined) {
      await deps.syncs.finish(id, end).catch((caught) => {
        const error = diskError(caught, 'writing the history');
        if (error instanceof AppError) log.warn({ reason: explain(error) }, 'history not written');
        else log.error({ err: error }, 'history not written');
      });
    }
    const took = Math.round(performance.now() - started);
    const { setAside, ...shown } = end;
    log[end.outcome === 'failed' ? 'warn' : 'info']({ ...shown, took }, 'sync');
    deps.onEnded?.(source.label, { ...end, took });
    return { ...end, took };
  }

  return {
    run,
    isRunning: (label: string): boolean => running.has(label),
    /** Breaks the sync of a source off and waits for it to end; undefined if none is under way. */
    async cancel(label: string): Promise<SyncOutcome | undefined> {
      const entry = running.get(label);
      entry?.cancel();
      return entry?.done;
    },
    /** Breaks off what is under way and waits for it to end. */
    async close(): Promise<void> {
      stopped.abort();
      await Promise.allSettled([...running.values()].map((r) => r.done));
    },
  };
}

export type SyncRunner = ReturnType<typeof createSyncRunner>;
