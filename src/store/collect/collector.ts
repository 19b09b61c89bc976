import { setImmediate as turn } from 'node:timers/promises';
import { AppError } from '../../base/errors.ts';
import type { Source } from '../../base/source.ts';
import { announceCollecting } from '../../base/steps.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Objects } from '../objects/objects.ts';
import type { DataPaths } from '../paths.ts';
import type { KeepingTable, KnownRevision } from '../state/keeping.ts';
import { createWorkerCalls } from '../worker-calls.ts';
import type { CollectJob, CollectResult, KnownToStay, Unreadable } from './collect-worker.ts';
import { type Collected, collected } from './collected.ts';
import { type Decided, decide, type Keeping, type Kept, type Needed, neededRoot } from './keep.ts';
import type { Collection, Leases } from './leases.ts';
import type { Root } from './marks.ts';
import { oldBefore } from './old-files.ts';
import { createOriginalsPass } from './originals-pass.ts';
import { createTally, type Line } from './tally.ts';
import { type FoundObject, spreads } from './walk.ts';

/** The configuration's `space`, in milliseconds and bytes. */
export interface SpaceRules {
  dropPackagesAfterMs: number;
  packagesAtMost: number | undefined;
  marginMs: number;
}

export interface CollectorDeps {
  paths: DataPaths;
  objects: Objects;
  keeping: KeepingTable;
  catalogue: Catalogue;
  leases: Leases;
  source(label: string): Source | undefined;
  /** Labels of all sources that there are. */
  sources(): string[];
  /** What stays although no name refers to it. */
  needed(): Promise<Needed>;
  grace(): number;
  space(): SpaceRules;
  /** Revisions, or documents of them, of one source or any, are gone by now: who remembers them is to look again. */
  onFreed?(label?: string): void;
  /** The cache of what is rendered: frees what is of no use, or says how much that would be. */
  sweepCache?(dryRun: boolean): Promise<{ count: number; bytes: number }>;
}

/** So many files are removed at a time. */
const batch = 500;

export type Collector = ReturnType<typeof createCollector>;

/**
 * Frees space: forgets revisions whose time is over, then rows of the catalogue, then files that nothing leads to. Files are
 * looked at and removed in a thread of its own. For the holder of the folder's lock; there is one collection at a time.
 */
export function createCollector(deps: CollectorDeps) {
  const { leases, keeping } = deps;
  const stopped = new AbortController();
  let tail: Promise<unknown> = Promise.resolve();
  let running = false;

  /**
   * Collects, after having told `onPlan` what goes. With `dryRun`, only that. Throws AppErrors: 'conflict' while that is under
   * way already, 'invalid' where a revision that stays cannot be read, 'cancelled'; nothing was removed then but what is garbage.
   */
  function run(dryRun: boolean, onPlan: (plan: Collected) => void): Promise<Collected> {
    if (running) throw new AppError('conflict', 'space is being collected already');
    running = true;
    return after(() => collect(dryRun, onPlan)).finally(() => {
      running = false;
    });
  }

  /** One after the other. */
  function after<T>(work: () => Promise<T>): Promise<T> {
    const done = tail.then(work);
    tail = done.catch(() => {});
    return done;
  }

  async function collect(dryRun: boolean, onPlan: (plan: Collected) => void): Promise<Collected> {
    const thread = createWorkerCalls<CollectJob, CollectResult>(
      new URL('collect-worker.ts', import.meta.url),
      { root: deps.paths.root },
    );
    const terminate = () => void thread.close();
    stopped.signal.addEventListener('abort', terminate);
    const keep = async (names: string[]) => {
      await thread.call({ op: 'keep', roots: names.map(leased) });
    };
    const dropsOriginals = deps.sources().filter((l) => keepingOf(l)?.keepOriginals !== undefined);
    const begun = thread.call({ op: 'begin', dropsOriginals });
    // From here on it is known who leases what; state is read after that.
    const collection = leases.begin(keep, deps.space().marginMs);
    try {
      await begun;
      await keep(collection.roots);
      return await sweep({ thread, collection, dryRun, onPlan });
    } catch (error) {
      throwIfStopped();
      throw error;
    } finally {
      if (!dryRun) deps.onFreed?.();
      stopped.signal.removeEventListener('abort', terminate);
      collection.end();
      await thread.close();
    }
  }

  async function sweep({ thread, collection, dryRun, onPlan }: Run): Promise<Collected> {
    const needed = await deps.needed();
    // Nobody is served these: one that cannot be read is lost to who would go back to it, and to nobody else.
    const roots = needed.objects.map((o) => neededRoot(o, keepingOf(o.label)));
    await thread.call({ op: 'keep', roots });
    const { staying, going } = await decideAll(needed);
    const unreadable: Unreadable[] = [];
    for (const roots of slices(staying)) {
      unreadable.push(...((await thread.call({ op: 'keep', roots })) as Unreadable[]));
    }
    refuseUnreadable(unreadable, staying);
    const lost = new Set(unreadable.map(({ root }) => `${root.label} ${root.number}`));
    for (const one of staying) {
      if (lost.has(`${one.label} ${one.number}`)) going.push(one as Kept & KnownRevision);
    }
    for (const roots of slices(going)) await thread.call({ op: 'doom', roots: roots.map(doomed) });
    const now = Date.now();
    const { marginMs, dropPackagesAfterMs, packagesAtMost } = deps.space();
    const rules = {
      before: oldBefore(marginMs, collection.oldest()),
      packagesBefore: now - dropPackagesAfterMs,
      packagesAtMost,
    };
    const sweepRows = async (only: boolean): Promise<Line[]> => {
      const { numbers, trees } = (await thread.call({ op: 'known' })) as KnownToStay;
      const known = [...new Set([...deps.sources(), ...(await keeping.labels())])];
      const swept = await deps.catalogue.sweep({ numbers, trees, known, dryRun: only });
      return swept.map(({ label, count }) => ({
        ...{ source: label ?? '(shared)', kind: 'rows', bytes: 0, count },
      }));
    };

    const plan = createTally();
    plan.addAll((await thread.call({ op: 'measure', rules })) as Line[]);
    plan.addAll(await sweepRows(true));
    const cache = await deps.sweepCache?.(true);
    if (cache?.count) plan.add('(shared)', 'cache', cache.bytes, cache.count);
    const planned = collected(plan.lines(), going);
    onPlan(planned);
    if (dryRun) return planned;

    const gone: KnownRevision[] = [];
    for (const revision of going) {
      throwIfStopped();
      if (await keeping.forget(revision)) gone.push(revision);
      // Somebody named it meanwhile.
      else await thread.call({ op: 'keep', roots: [doomed(revision)] });
      announceCollecting('revision forgotten');
      await turn();
    }
    const tally = createTally();
    tally.addAll(await sweepRows(false));
    announceCollecting('rows removed');
    for (const folder of spreads) {
      throwIfStopped();
      const found = (await thread.call({ op: 'find', folder })) as FoundObject[];
      for (let at = 0; at < found.length; at += batch) {
        throwIfStopped();
        tally.addAll(await remove(thread, collection, found.slice(at, at + batch)));
      }
    }
    tally.addAll((await thread.call({ op: 'tidy' })) as Line[]);
    const swept = await deps.sweepCache?.(false);
    if (swept?.count) tally.add('(shared)', 'cache', swept.bytes, swept.count);
    const result = collected(tally.lines(), gone);
    await keeping.noteCollection(result.bytes);
    return result;
  }

  /** Every label's revisions, those whose packages are held on purpose first. */
  async function decideAll(needed: Needed): Promise<Decided> {
    const all = { staying: [] as Kept[], going: [] as KnownRevision[] };
    for (const label of await keeping.labels()) {
      const { staying, going } = await decideOne(label, needed);
      all.staying.push(...staying);
      all.going.push(...going);
      // The database answers at once: who waits for other things gets a turn here.
      await turn();
    }
    all.staying.sort((a, b) => Number(b.onPurpose) - Number(a.onPurpose));
    return all;
  }

  function decideOne(label: string, needed: Needed) {
    const rules = { keeping: keepingOf(label), needed, graceMs: deps.grace(), now: Date.now() };
    return decide(keeping, label, rules);
  }

  function keepingOf(label: string): Keeping | undefined {
    const source = deps.source(label);
    if (!source) return undefined;
    const { kind, keepRevisionsMs } = source;
    const mirrored = kind === 'mirrored' ? source : undefined;
    return {
      kind,
      keepRevisionsMs,
      keepOriginals: mirrored?.keepOriginals,
      immediate: mirrored?.packages === 'immediate',
    };
  }

  function throwIfStopped(): void {
    if (stopped.signal.aborted) throw new AppError('cancelled', 'collecting space was broken off');
  }

  const pass = createOriginalsPass({ ...deps, decide: decideOne, keepingOf });

  return {
    run,
    isRunning: (): boolean => running,
    /** Drops upstream's documents of those revisions of a source that became old, as its `keep_originals` says. */
    dropOriginals: (label: string): Promise<number> =>
      after(async () => {
        if (stopped.signal.aborted) return 0;
        const dropped = await pass(label);
        if (dropped > 0) deps.onFreed?.(label);
        return dropped;
      }),
    /** Breaks off what is under way and waits for it to end. */
    async close(): Promise<void> {
      stopped.abort();
      await tail;
    },
  };
}

/** A list in parts that are quick to hand to a thread. */
function* slices<T>(list: readonly T[]): Generator<T[]> {
  for (let at = 0; at < list.length; at += batch) yield list.slice(at, at + batch);
}

type Thread = ReturnType<typeof createWorkerCalls<CollectJob, CollectResult>>;

interface Run {
  thread: Thread;
  collection: Collection;
  dryRun: boolean;
  onPlan(plan: Collected): void;
}

/** Removes those of the files that nobody has begun to need. */
async function remove(
  thread: Thread,
  collection: Collection,
  found: FoundObject[],
): Promise<Line[]> {
  const free = new Set(collection.condemn(found.map(({ name }) => name)));
  try {
    const files = found.filter(({ name }) => free.has(name));
    return (await thread.call({ op: 'remove', files })) as Line[];
  } finally {
    collection.removed();
  }
}

/** Throws AppError 'invalid' where what clients see, or a name refers to, leads nobody knows where. */
function refuseUnreadable(unreadable: readonly Unreadable[], staying: readonly Kept[]): void {
  for (const { root, reason } of unreadable) {
    const kept = staying.find((k) => k.label === root.label && k.number === root.number);
    if (!kept?.named && !kept?.served) continue;
    throw new AppError(
      'invalid',
      `revision ${root.number} of ${root.label} cannot be read, so that what it needs is not known: ${reason}`,
      {
        hint: `nothing was removed; \`headwater source verify ${root.label}\` repairs what it can`,
      },
    );
  }
}

const doomed = ({ label, number, manifest }: KnownRevision): Root => ({
  ...{ label, number, manifest },
  ...{ served: true, originals: true, onPurpose: false },
});

/** What an operation works on, of whatever source it is. */
const leased = (manifest: string): Root => ({
  ...{ label: '(leased)', number: null, manifest },
  ...{ served: true, originals: true, onPurpose: false },
});
