import { explain } from './base/errors.ts';
import { noSource } from './base/no-source.ts';
import type { FetchProgress } from './channels/holdings.ts';
import type { SyncEvent } from './server/control/operations.ts';
import type { MoveRequest, TimeOperations } from './server/control/time.ts';
import type { SourceSet } from './source-set.ts';
import type { MoveTable } from './store/state/moves.ts';
import type { RevisionTable } from './store/state/revisions.ts';
import type { Time } from './time.ts';

interface Deps {
  time: Time;
  sources: SourceSet;
  revisions: RevisionTable;
  moves: MoveTable;
}

/** How many packages that could not be fetched are named. */
const shownFailed = 20;

/** The operations on snapshots, stages and history. */
export function createTimeOperations({ time, sources, revisions, moves }: Deps): TimeOperations {
  const { stages, snapshots, history } = time;

  async function exists(label: string): Promise<void> {
    if (!sources.get(label) && !(await revisions.current(label))) throw noSource(label);
  }

  const options = (
    stage: string,
    { by, fetch, allowMissing }: MoveRequest,
    onEvent: (event: SyncEvent) => void,
  ) => ({
    by,
    fetch: fetch ?? undefined,
    allowMissing,
    onProgress: reporter(stage, onEvent),
  });

  return {
    async createSnapshot({ label, name, at, by }) {
      await exists(label);
      const started = performance.now();
      const snapshot = await snapshots.create(label, name, { at: at ?? undefined, by });
      return { ...snapshot, took: Math.round(performance.now() - started) };
    },

    async fillSnapshot(label, { name, fetch }, onEvent) {
      const onProgress = reporter(label, onEvent);
      const { signal } = time;
      const { report, ...counted } = await snapshots.fill(label, name, {
        fetch,
        signal,
        onProgress,
      });
      const failed = report.failed.slice(0, shownFailed);
      return {
        ...counted,
        fetched: report.fetched,
        failed: failed.map(({ location, error }) => ({ location, reason: explain(error) })),
      };
    },

    async listSnapshots(label) {
      if (label !== null) await exists(label);
      return snapshots.list(label ?? undefined);
    },

    async removeSnapshot(label, name) {
      await exists(label);
      await snapshots.remove(label, name);
      const naming = sources
        .all()
        .filter((s) => s.kind === 'stage' && s.follows === label && s.at === name);
      return { namedBy: naming.map((s) => s.label) };
    },

    async promoteStage(stage, { to, ...request }, onEvent) {
      return stages.promote(stage, to ?? undefined, options(stage, request, onEvent));
    },

    async rollbackStage(stage, request, onEvent) {
      return stages.rollback(stage, options(stage, request, onEvent));
    },

    async showHistory(label) {
      await exists(label);
      return { label, revisions: await history.of(label), moves: await moves.list(label) };
    },
  };
}

function reporter(label: string, onEvent: (event: SyncEvent) => void) {
  return (progress: FetchProgress) => onEvent({ label, step: 'packages', ...progress });
}
