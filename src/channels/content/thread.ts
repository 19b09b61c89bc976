import { createIdleWorker } from '../../store/idle-worker.ts';
import type { Diff } from '../diff/diff.ts';
import type { BuildName } from './advisory-packages.ts';
import type { ContentCounts, ListedPackage } from './listed.ts';
import type { NamedBuilds } from './named-builds.ts';
import type { PickedPackage } from './picks.ts';
import type { ContentAnswer, ContentJob, ContentPreview, RevisionName } from './worker.ts';

/** After so long without a question the thread ends, in milliseconds: it holds some tens of megabytes. */
const idleTime = 60_000;

/** Answers what takes long about what revisions consist of, in a thread that is there while it is needed. */
export function createContentThread({ root }: { root: string }, idle = idleTime) {
  const module = new URL('worker.ts', import.meta.url);
  const { ask, close } = createIdleWorker<ContentJob, ContentAnswer>(module, { root }, { idle });

  return {
    diff: (before: RevisionName, after: RevisionName) => ask<Diff>({ op: 'diff', before, after }),
    /** How many packages, advisories, streams of modules and groups a revision has. */
    count: (of: RevisionName) => ask<ContentCounts>({ op: 'count', of }),
    /** What a revision has, and what is to be said of it. Throws AppErrors, also where filters leave nothing. */
    preview: (of: RevisionName) => ask<ContentPreview>({ op: 'preview', of }),
    /** Moves when what clients see of a revision moves, and not with the revisions that it is made of. */
    digest: (of: RevisionName) => ask<string>({ op: 'digest', of }),
    /** All packages of a revision. */
    list: (of: RevisionName) => ask<ListedPackage[]>({ op: 'list', of }),
    /** The builds of an advisory that a revision has; none where it does not have the advisory. */
    advisory: (of: RevisionName, id: string) => ask<BuildName[]>({ op: 'advisory', of, id }),
    /** All builds of some names that a revision has, and the streams of modules that they are of. */
    named: (of: RevisionName, names: readonly string[]) =>
      ask<NamedBuilds>({ op: 'named', of, names }),
    /** The packages that each of these names means: of each name a list, empty where there are none. */
    pick: (of: RevisionName, names: readonly string[]) =>
      ask<PickedPackage[][]>({ op: 'pick', of, names }),
    /** Ends the thread; the next question starts another. */
    close,
  };
}

export type ContentThread = ReturnType<typeof createContentThread>;
