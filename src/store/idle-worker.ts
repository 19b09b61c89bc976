import { createWorkerCalls, type WorkerCalls } from './worker-calls.ts';

interface Options {
  /** After so many milliseconds without a question the thread ends, with what it holds in memory. */
  idle: number;
  /** Its young generation, in megabytes, where the usual one is too small. */
  youngMegabytes?: number;
}

/** Asks a worker thread, which is there while it is needed: the next question after its end starts another. */
export function createIdleWorker<Job, Answered>(
  module: URL,
  data: unknown,
  { idle, ...options }: Options,
) {
  let thread: WorkerCalls<Job, Answered, never> | undefined;
  let asking = 0;
  let timer: NodeJS.Timeout | undefined;

  async function close(): Promise<void> {
    clearTimeout(timer);
    const last = thread;
    thread = undefined;
    await last?.close();
  }

  return {
    async ask<T extends Answered>(job: Job): Promise<T> {
      clearTimeout(timer);
      thread ??= createWorkerCalls(module, data, options);
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
