import type { ListedStream } from '../../channels/listing/modules.ts';
import { createIdleWorker } from '../../store/idle-worker.ts';
import type {
  NamedRevision,
  PackagesAnswer,
  PackagesJob,
  PackagesPage,
  StreamSummary,
} from './packages-worker.ts';

/**
 * After so long without a question the thread ends, in milliseconds. What it knows of large sources takes some tens of
 * megabytes, and a second to be read again.
 */
const idleTime = 30 * 60_000;

/** A page makes some megabytes that die soon; with less room they would be copied about first, which takes longer than the page. */
const youngMegabytes = 24;

type Of<Op extends PackagesJob['op']> = Omit<Extract<PackagesJob, { op: Op }>, 'op'>;

/** Lists and finds packages in a thread of its own, which makes the JSON as well. It is there while it is needed. */
export function createPackagesThread({ root }: { root: string }, idle = idleTime) {
  const module = new URL('packages-worker.ts', import.meta.url);
  const options = { idle, youngMegabytes };
  const { ask, close } = createIdleWorker<PackagesJob, PackagesAnswer>(module, { root }, options);

  return {
    /** One page of a revision's packages. */
    page: (job: Of<'page'>) => ask<PackagesPage>({ op: 'page', ...job }),
    /** One page of what revisions have together. */
    search: (job: Of<'search'>) => ask<PackagesPage>({ op: 'search', ...job }),
    /** JSON of a package of the first revision; undefined where it has none. */
    details: (job: Of<'details'>) => ask<Uint8Array | undefined>({ op: 'details', ...job }),
    /** The module streams of a revision. */
    streams: (of: Of<'streams'>['of']) => ask<StreamSummary[]>({ op: 'streams', of }),
    stream: (job: Of<'stream'>) => ask<ListedStream | undefined>({ op: 'stream', ...job }),
    /** Ends the thread; the next question starts another. */
    close,
  };
}

export type PackagesThread = ReturnType<typeof createPackagesThread>;
export type { NamedRevision };
