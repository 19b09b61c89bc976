import { AppError } from '../base/errors.ts';
import type { Source } from '../base/source.ts';
import type { RevisionTable } from '../store/state/revisions.ts';
import type { SnapshotTable } from '../store/state/snapshots.ts';
import type { Snapshots } from './snapshots.ts';
import { periodName } from './snapshots-names.ts';

const kinds = ['daily', 'weekly', 'monthly'] as const;

/** Snapshots that the clock makes. */
export function createAutomaticSnapshots(deps: {
  table: SnapshotTable;
  snapshots: Snapshots;
  revisions: RevisionTable;
  sources(): Source[];
  onError(label: string, error: unknown): void;
  now?(): Date;
}) {
  const { table, snapshots, revisions, now = () => new Date() } = deps;
  let tail = Promise.resolve();

  /**
   * Makes the snapshots of the periods that it is now, where they are not there yet, and removes the oldest beyond those that
   * are to be kept. Only what the clock made is removed. Never rejects.
   */
  function run(): Promise<void> {
    tail = tail.then(async () => {
      for (const source of deps.sources()) {
        await runOne(source).catch((error) => deps.onError(source.label, error));
      }
    });
    return tail;
  }

  async function runOne({ kind, label, snapshots: kept }: Source): Promise<void> {
    if (!kinds.some((period) => kept[period] > 0)) return;
    // A view gets its first revision when somebody asks for it, as is done here.
    if (kind !== 'view' && !(await revisions.current(label))) return;
    for (const kind of kinds) {
      if (kept[kind] === 0) continue;
      const name = periodName(kind, now());
      if (!(await table.find(label, name))) {
        await snapshots.create(label, name, { kind, by: 'clock' });
      }
      const made = (await table.list(label)).filter((s) => s.kind === kind);
      // Their names are in the order of their periods.
      const oldest = made.toSorted((a, b) => (a.name < b.name ? 1 : -1)).slice(kept[kind]);
      for (const { name } of oldest) await snapshots.remove(label, name).catch(unlessShown);
    }
  }

  /** Waits for what is under way. */
  return { run, settled: () => tail };
}

/** What instances are shown stays until they are not. */
function unlessShown(error: unknown): void {
  if (!(error instanceof AppError && error.kind === 'conflict')) throw error;
}
