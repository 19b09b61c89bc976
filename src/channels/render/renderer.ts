import { hash } from 'node:crypto';
import { isWhole, openRenders } from '../../store/cache/renders.ts';
import type { Swept } from '../../store/cache/sweep.ts';
import type { DataPaths } from '../../store/paths.ts';
import { createWorkerCalls } from '../../store/worker-calls.ts';
import type { Compression } from './encoder.ts';
import type { Rendered, RenderJob } from './rendered.ts';
import type { WorkerJob } from './worker.ts';

export interface RendererDeps {
  paths: DataPaths;
  /** Armoured private keys, unencrypted. */
  signingKeys(): Promise<string[]>;
  /** Tells the catalogue from one that was made again. */
  catalogue(): string;
}

export type Renderer = ReturnType<typeof createRenderer>;

/** How long the cache keeps what nobody uses. */
const keptDays = 7;

/** Makes revisions into documents for clients, in a thread of its own, and remembers what was made in the cache. */
export function createRenderer({ paths, signingKeys, catalogue }: RendererDeps) {
  let thread: ReturnType<typeof start> | undefined;
  let reader: ReturnType<typeof openRenders> | undefined;
  const going = new Map<string, { made: Promise<Rendered>; background: boolean }>();

  /** Keys of what was asked for since the last sweep. */
  const asked = new Set<string>();

  const start = () =>
    createWorkerCalls<WorkerJob, Swept | undefined>(new URL('worker.ts', import.meta.url), {
      root: paths.root,
    });
  const call = (job: WorkerJob) => {
    thread ??= start();
    return thread.call(job);
  };

  /** What the cache has, if all of it is still there. */
  function find(key: string): Rendered | undefined {
    try {
      reader ??= openRenders(paths);
      const found = reader.find(key);
      if (!found || found.catalogue !== catalogue()) return undefined;
      return found.files.every((file) => isWhole(paths, file)) ? found : undefined;
    } catch {
      // There is none yet, or what is there is not to be used: the thread says what is wrong.
      reader?.close();
      reader = undefined;
      return undefined;
    }
  }

  async function make(key: string, job: RenderJob, background: boolean): Promise<Rendered> {
    const known = find(key);
    if (known) return known;
    await call({ op: 'render', key, job, background, keys: await signingKeys() });
    const made = find(key) ?? findAnew(key);
    if (!made) throw new Error('what was rendered is not in the cache');
    return made;
  }

  /** The cache may have been removed, and another one opened in its place. */
  function findAnew(key: string): Rendered | undefined {
    reader?.close();
    reader = undefined;
    return find(key);
  }

  return {
    /**
     * The render of a job: from the cache, or made; several who ask at once share one. Those that nobody waits for give way
     * to the others. Throws AppErrors.
     */
    async render(
      job: RenderJob,
      { background = false }: { background?: boolean } = {},
    ): Promise<Rendered> {
      const key = renderKey(job);
      asked.add(key);
      let entry = going.get(key);
      if (!entry) {
        entry = { made: make(key, job, background), background };
        going.set(key, entry);
        const leave = () => going.delete(key);
        entry.made.then(leave, leave);
      } else if (entry.background && !background) {
        entry.background = false;
        await call({ op: 'hurry', key });
      }
      return entry.made;
    },

    /** Encodes the pieces of a mirrored revision ahead, in the background. */
    async warm(label: string, manifest: string, compression: Compression): Promise<void> {
      await call({ op: 'warm', origin: { label, manifest }, compression });
    },

    /**
     * Removes from the cache what was not used for so many days, or says how much that would be. What is asked for all the same
     * is made again.
     */
    async sweep(dryRun: boolean, unusedDays = keptDays): Promise<Swept> {
      const swept = await call({ op: 'sweep', asked: [...asked], unusedDays, dryRun });
      if (!dryRun) asked.clear();
      return swept!;
    },

    async close(): Promise<void> {
      await Promise.allSettled([...going.values()].map((entry) => entry.made));
      await thread?.close();
      reader?.close();
    },
  };
}

/** The name of a job's render. */
function renderKey(job: RenderJob): string {
  const { label, revision, at, compression, sqlite, tags } = job;
  return hash('sha256', JSON.stringify([1, label, revision, at, compression, sqlite, tags]));
}
