import { AppError } from '../../base/errors.ts';
import type { DataPaths } from '../paths.ts';
import { removeDatabase, saysDamaged } from '../sqlite.ts';
import type { RevisionTable } from '../state/revisions.ts';
import { type Catalogue, openCatalogue } from './catalogue.ts';
import { type CaughtUp, catchUp } from './catch-up.ts';

/** Opens the catalogue; one that is damaged so that it cannot be used gives way to an empty one, to be caught up. */
export async function openOrReplace(paths: DataPaths, onDamage: () => void): Promise<Catalogue> {
  try {
    return await openCatalogue(paths);
  } catch (error) {
    if (!saysDamaged(error)) throw error;
    onDamage();
    removeDatabase(paths.catalogue);
    return openCatalogue(paths);
  }
}

interface Deps {
  catalogue: Catalogue;
  revisions: RevisionTable;
  paths: DataPaths;
}

export interface RebuildReport {
  revisions: number;
  skipped: CaughtUp['skipped'];
}

/**
 * Makes the catalogue again from objects and state, in a file of its own: the old one answers, and is written, until the new
 * one knows as much and takes its place. A crash leaves the one or the other. For the holder of the folder's lock.
 */
export function createRebuild({ catalogue, revisions, paths }: Deps) {
  removeDatabase(paths.newCatalogue);
  const stopped = new AbortController();
  let running: Promise<RebuildReport> | undefined;

  /** `onRevision` hears of each revision before it is indexed. Throws AppErrors: 'conflict', 'cancelled', 'no_space'. */
  function run(onRevision: (label: string, revision: number) => void): Promise<RebuildReport> {
    if (running) throw new AppError('conflict', 'the catalogue is being made again already');
    running = rebuild((label, revision) => {
      if (stopped.signal.aborted) throw new AppError('cancelled', 'the rebuild was cancelled');
      onRevision(label, revision);
    }).finally(() => {
      running = undefined;
    });
    return running;
  }

  async function rebuild(onRevision: (label: string, revision: number) => void) {
    const fresh = await openCatalogue(paths, paths.newCatalogue);
    let finished = false;
    try {
      const most = await catchUp(fresh, revisions, { onRevision });
      await catalogue.replaceBy(paths.newCatalogue, async (jobs) => {
        // What was published meanwhile, and what was indexed and is to be published next.
        const rest = await catchUp(fresh, revisions, { onRevision });
        most.revisions += rest.revisions;
        for (const job of jobs) {
          const isAhead = job.revision > fresh.indexed(job.label);
          if (isAhead && (await isPending(job.label, job.base))) await fresh.index(job);
        }
        await fresh.finish();
        finished = true;
      });
      return { revisions: most.revisions, skipped: most.skipped };
    } finally {
      if (!finished) await fresh.close();
      removeDatabase(paths.newCatalogue);
    }
  }

  /** Whether a job that follows that revision may be published still. */
  async function isPending(label: string, base: number): Promise<boolean> {
    return ((await revisions.current(label))?.number ?? 0) === base;
  }

  return {
    run,
    isRunning: (): boolean => running !== undefined,
    /** Breaks off what is under way and waits for it to end. */
    async close(): Promise<void> {
      stopped.abort();
      await running?.catch(() => {});
    },
  };
}

export type Rebuild = ReturnType<typeof createRebuild>;
