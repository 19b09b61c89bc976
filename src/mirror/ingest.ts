import { createWorkerCalls } from '../store/worker-calls.ts';
import type { IngestJob, IngestResult } from './ingest-worker.ts';

export interface Ingest {
  /** Cuts a document in a thread of its own; `onProgress` gets the number of elements so far. */
  run(job: IngestJob, onProgress?: (elements: number) => void): Promise<IngestResult>;
  close(): Promise<void>;
}

const threads = 2;

/** Threads that cut documents, started when the first job comes; jobs beyond their number wait. */
export function createIngest(root: string): Ingest {
  const idle: ReturnType<typeof start>[] = [];
  const waiting: ((thread: ReturnType<typeof start>) => void)[] = [];
  let started = 0;
  const start = () =>
    createWorkerCalls<IngestJob, IngestResult, number>(
      new URL('ingest-worker.ts', import.meta.url),
      {
        root,
      },
    );
  const acquire = async () => {
    const free = idle.pop();
    if (free) return free;
    if (started < threads) {
      started++;
      return start();
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
        else idle.push(thread);
      }
    },
    async close() {
      await Promise.all(idle.map((thread) => thread.close()));
    },
  };
}
