import { getCompileCacheDir } from 'node:module';
import { constants, setPriority } from 'node:os';
import { dirname } from 'node:path';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { AppError, type ErrorKind } from '../base/errors.ts';
import { type Limits, limits } from '../base/limits.ts';

/** A thread that does one thing: takes jobs, gives results, reports progress. */
export interface WorkerCalls<Job, Result, Progress> {
  call(job: Job, onProgress?: (progress: Progress) => void): Promise<Result>;
  close(): Promise<void>;
}

/**
 * Megabytes for values that die young. The default, 48, is far more than threads need that work on one record after another,
 * and is kept by each of them.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 6 };

type Reply =
  | { id: number; result: unknown }
  | { id: number; progress: unknown }
  | { id: number; failed: SentError };

interface SentError {
  kind?: ErrorKind;
  message: string;
  hint?: string | undefined;
  stack?: string | undefined;
  code?: string | undefined;
}

/**
 * Starts a thread from a module that calls `serveCalls`. Its failures come back as AppErrors where they were such. Where the
 * thread itself ends, the jobs that it had fail, and the next one gets a new thread.
 */
export function createWorkerCalls<Job, Result, Progress = never>(
  module: URL,
  data: unknown,
  { youngMegabytes = resourceLimits.maxYoungGenerationSizeMb } = {},
): WorkerCalls<Job, Result, Progress> {
  // A thread has a compile cache only if its environment names one; it starts three times as fast with it.
  const cache = getCompileCacheDir();
  const env = { ...process.env, ...(cache && { NODE_COMPILE_CACHE: dirname(cache) }) };
  let worker: Worker | undefined;
  let closed = false;
  const waiting = new Map<
    number,
    {
      resolve: (r: Result) => void;
      reject: (e: unknown) => void;
      progress?: ((p: Progress) => void) | undefined;
    }
  >();
  let next = 0;
  const take = (reply: Reply) => {
    const call = waiting.get(reply.id);
    if (!call) return;
    if ('progress' in reply) {
      call.progress?.(reply.progress as Progress);
      return;
    }
    waiting.delete(reply.id);
    if (waiting.size === 0) worker?.unref();
    if ('failed' in reply) call.reject(received(reply.failed));
    else call.resolve(reply.result as Result);
  };
  const start = () => {
    const own = new Worker(module, {
      workerData: data,
      env,
      resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
    });
    const die = (error: Error) => {
      // What comes after the first news of it concerns no job of this thread.
      if (worker !== own) return;
      worker = undefined;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    own.on('message', take);
    own.on('error', (error) => die(error instanceof Error ? error : new Error(String(error))));
    own.on('exit', (code) => die(new Error(`the thread of ${module.pathname} ended (${code})`)));
    own.unref();
    return own;
  };
  worker = start();
  return {
    call(job, onProgress) {
      if (closed) return Promise.reject(new Error(`the thread of ${module.pathname} was ended`));
      worker ??= start();
      worker.ref();
      const id = next++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject, progress: onProgress });
        // The thread has limits of its own, which follow the configuration.
        worker!.postMessage({ id, job, limits: { ...limits } });
      });
    },
    async close() {
      closed = true;
      await worker?.terminate();
    },
  };
}

/**
 * In the thread: answers each job by calling `handle`, one after the other, or `together`, as they come. One that clients wait
 * for is `urgent`: it does not stand back.
 */
export function serveCalls<Data, Job, Result, Progress = never>(
  start: (data: Data) => (job: Job, progress: (p: Progress) => void) => Promise<Result>,
  { together = false, urgent = false } = {},
): void {
  // On Linux this concerns the calling thread alone: who answers clients goes first.
  if (!urgent) setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const port = parentPort!;
  const handle = start(workerData as Data);
  let tail = Promise.resolve();
  port.on('message', ({ id, job, limits: set }: { id: number; job: Job; limits: Limits }) => {
    const answer = async () => {
      try {
        Object.assign(limits, set);
        const result = await handle(job, (progress) => port.postMessage({ id, progress }));
        port.postMessage({ id, result });
      } catch (error) {
        port.postMessage({ id, failed: sent(error) });
      }
    };
    if (together) void answer();
    else tail = tail.then(answer);
  });
}

function sent(error: unknown): SentError {
  if (error instanceof AppError) {
    return { kind: error.kind, message: error.message, hint: error.hint };
  }
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error ? String(error.code) : undefined;
  return { message: error.message, stack: error.stack, code };
}

function received(failed: SentError): Error {
  if (failed.kind) {
    return new AppError(failed.kind, failed.message, failed.hint ? { hint: failed.hint } : {});
  }
  const error = new Error(failed.message);
  if (failed.stack) error.stack = failed.stack;
  return failed.code ? Object.assign(error, { code: failed.code }) : error;
}
