import { AppError, explain } from './base/errors.ts';
import type { Log } from './base/log.ts';
import type { CustomSource } from './base/source.ts';
import { type CustomDeps, createCustom } from './channels/custom.ts';
import type { Holdings } from './channels/holdings.ts';
import type { Resources } from './identity/resources.ts';
import type { CustomOperations } from './server/control/custom.ts';
import type { SourceSet } from './source-set.ts';
import type { RevisionTable } from './store/state/revisions.ts';

interface Deps
  extends Omit<CustomDeps, 'source' | 'sources' | 'tookFrom' | 'onChanged' | 'revisions'> {
  sources: SourceSet;
  revisions: RevisionTable;
  holdings: Holdings;
  /** Breaks off what is being fetched. */
  signal: AbortSignal;
  log: Log;
}

/** Custom sources: their operations, and that their packages are fetched, so that they stay when their sources drop them. */
export function createCustomPart(deps: Deps) {
  const { sources, log, signal } = deps;
  const custom = createCustom({
    ...deps,
    source: sources.get,
    sources: sources.all,
    tookFrom: sources.tookFrom,
    onChanged: (source) => {
      if (source.fetch) fetchLater(source);
    },
  });
  /** What is fetched in the background; of each source once more where it changed meanwhile. */
  const fetching = new Map<string, { again: boolean; done: Promise<void> }>();

  function fetchLater(source: CustomSource): void {
    const { label } = source;
    const running = fetching.get(label);
    if (running) {
      running.again = true;
      return;
    }
    const entry = { again: false, done: Promise.resolve() };
    fetching.set(label, entry);
    entry.done = fetchNow(label)
      .catch((error) => {
        const about = { source: label, reason: explain(error) };
        if (error instanceof AppError) log.warn(about, 'packages not fetched');
        else log.error({ ...about, err: error }, 'packages not fetched');
      })
      .finally(() => {
        fetching.delete(label);
        if (entry.again && !signal.aborted) fetchLater(source);
      });
  }

  async function fetchNow(label: string): Promise<void> {
    const current = await deps.revisions.current(label);
    if (!current || signal.aborted) return;
    const { number: revision, manifest } = current;
    const { missing } = await deps.holdings.look({ label, revision, manifest });
    if (missing.length === 0) return;
    const { fetched, failed } = await deps.holdings.fetch(missing, { signal });
    const [first] = failed;
    const reason = first && `${first.location}: ${explain(first.error)}`;
    const about = { source: label, fetched, failed: failed.length, reason };
    if (first) log.warn(about, 'packages not fetched');
    else log.info(about, 'packages fetched');
  }

  const operations: CustomOperations = {
    addPackages: ({ label, names, from }) => custom.add(label, names, from ?? undefined),
    removePackages: ({ label, names }) => custom.remove(label, names),
    listPackages: async (label) => custom.list(label),
  };

  return {
    operations,
    alone: custom.alone,
    /** Fetches what was not fetched when an earlier process ended. */
    start(): void {
      for (const source of sources.all()) {
        if (source.kind === 'custom' && source.fetch) fetchLater(source);
      }
    },
    /** What is kept of a source that is gone, by its label. */
    async forget(label: string, resources: Pick<Resources, 'forget'>): Promise<void> {
      await deps.customPackages.forget(label);
      await resources.forget('source', label);
    },
    /** Waits for what is under way. */
    async close(): Promise<void> {
      await custom.settled();
      await Promise.allSettled([...fetching.values()].map((f) => f.done));
    },
  };
}
