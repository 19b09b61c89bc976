import { startMidnights } from './jobs/midnights.ts';
import { startTimer, type Timer } from './jobs/timer.ts';
import type { SyncRunner } from './mirror/sync-runner.ts';
import type { SourceSet } from './source-set.ts';
import type { SyncTable } from './store/state/syncs.ts';

/** Outcomes of syncs that came to an end: one that was broken off is due still. */
const ended: ReadonlySet<string> = new Set(['updated', 'unchanged', 'failed']);

/** When each source is synced, and snapshots are made: nothing until it is planned. */
export function createTimetable(deps: {
  sources: SourceSet;
  syncs: SyncTable;
  runner: SyncRunner;
  /** Makes the snapshots that are due, and removes those that are too many. */
  snapshots(): Promise<void>;
}) {
  const { sources, syncs, runner } = deps;
  const timers = new Map<string, Timer>();
  let midnights: { stop(): void } | undefined;

  function stop(): void {
    for (const timer of timers.values()) timer.stop();
    timers.clear();
    midnights?.stop();
  }

  return {
    /** Starts, keeps or ends each source's timer, as the sources are now. */
    plan(): void {
      stop();
      midnights = startMidnights(deps.snapshots);
      for (const source of sources.mirrored()) {
        if (!source.sync || sources.isPaused(source.label)) continue;
        const last = async () => {
          const history = await syncs.last(source.label, 10);
          const record = history.find((r) => ended.has(r.outcome));
          return record && new Date(record.startedAt);
        };
        const run = async () => {
          const now = sources.get(source.label);
          await runner.run(now?.kind === 'mirrored' ? now : source);
        };
        timers.set(source.label, startTimer(source.sync, last, run));
      }
    },
    next: (label: string): Date | undefined => timers.get(label)?.next(),
    stop,
  };
}
