import { createWorkerCalls, type WorkerCalls } from '../store/worker-calls.ts';
import type { UpdatesAnswer, UpdatesJob } from './protocol.ts';

interface Options {
  /** After so many milliseconds without a question the thread ends. */
  idle?: number;
  /** Hears that it ended: the next one knows nothing. */
  onEnd(): void;
}

/** What it knows of a large fleet takes some hundred megabytes, and seconds to be found anew. */
const idleTime = 15 * 60_000;
const youngMegabytes = 32;

/** The thread in which what instances lack is found. It is there while it is needed. */
export function createUpdatesThread(
  { root }: { root: string },
  { idle = idleTime, onEnd }: Options,
) {
  let thread: WorkerCalls<UpdatesJob, UpdatesAnswer, never> | undefined;
  let asking = 0;
  let timer: NodeJS.Timeout | undefined;

  async function close(): Promise<void> {
    clearTimeout(timer);
    const last = thread;
    thread = undefined;
    if (last) onEnd();
    await last?.close();
  }

  return {
    isThere: (): boolean => thread !== undefined,

    /** Jobs are taken in the order in which this is called. */
    async ask<T extends UpdatesAnswer>(job: UpdatesJob): Promise<T> {
      clearTimeout(timer);
      thread ??= createWorkerCalls(
        new URL('worker.ts', import.meta.url),
        { root },
        { youngMegabytes },
      );
      asking++;
      try {
        return (await thread.call(job)) as T;
      } finally {
        asking--;
        if (asking === 0) timer = setTimeout(close, idle).unref();
      }
    },

    close,
  };
}
