import { createWorkerCalls } from '../store/worker-calls.ts';
import type { IngestJob, IngestResult } from './ingest-worker.ts';

export interface Ingest {
  /** Cuts a document in a thread of its own; `onProgress` gets the number of elements so far. */
  run(job: IngestJob, onProgress?: (elements: number) => void): Promise<IngestResult>;
  close(): Promise<void>;
}

const threads = 2;

/** Threads that cut documents, started as jobs come and ended when none waits; jobs beyond their number wait. */
export function createIngest(root: string): Ingest {
  const waiting: ((thread: ReturnType<typeof start>) => void)[] = [];
  const running = new Set<ReturnType<typeof start>>();
  const start = () =>
    createWorkerCalls<IngestJob, IngestResult, number>(
      new URL('ingest-worker.ts', import.meta.url),
      {
        root,
      },
    );
  const acquire = async () => {
    if (running.size < threads) {
      const thread = start();
      running.add(thread);
      return thread;
    }
    return new Promise<ReturnType<typeof start>>((resolve) => waiting.push(resolve));
  };
  return {
    async run(job, onProgress) {
      const thread = await acquire();
      try {
        return await thread.call(job, onProgress);
      } finally {
        const next = waiting.shift();
        if (next) next(thread);
        else {
          running.delete(thread);
          await thread.close();
        }
      }
    },
    async close() {
      await Promise.all([...running].map((thread) => thread.close()));
    },
  };
}
