import pLimit from 'p-limit';
import { createWorkerCalls } from '../store/worker-calls.ts';
import type { IngestJob, IngestResult } from './ingest-worker.ts';

export interface Ingest {
  /** Cuts a document in a thread of its own; `onProgress` gets the number of elements so far. */
  run(job: IngestJob, onProgress?: (elements: number) => void): Promise<IngestResult>;
  close(): Promise<void>;
}

/** Documents that are cut at a time in this process, whichever sources they are of: each takes a core and some memory. */
const places = pLimit(2);

/** Threads that cut documents, started as jobs come and ended when none waits. */
export function createIngest(root: string): Ingest {
  const start = () =>
    createWorkerCalls<IngestJob, IngestResult, number>(
      new URL('ingest-worker.ts', import.meta.url),
      { root },
    );
  const idle: ReturnType<typeof start>[] = [];
  let waiting = 0;

  return {
    async run(job, onProgress) {
      waiting++;
      return places(async () => {
        waiting--;
        const thread = idle.pop() ?? start();
        try {
          return await thread.call(job, onProgress);
        } finally {
          if (waiting > 0) idle.push(thread);
          else await thread.close();
        }
      });
    },
    async close() {
      await Promise.all(idle.splice(0).map((thread) => thread.close()));
    },
  };
}
