import { Worker } from 'node:worker_threads';
import type { FuzzJob, FuzzMessage } from './worker.ts';

export interface FuzzOptions {
  name: string;
  seed: number;
  inputs: number;
  /** Milliseconds that one input may take; enforced from outside its thread. */
  timeLimit?: number;
  /** Bytes of resident memory that the process may have. */
  memoryLimit?: number;
}

export interface FuzzResult {
  inputs: number;
  refused: number;
  seconds: number;
  /** The input that took longest, and its milliseconds. */
  slowest: { index: number; ms: number };
  peakRss: number;
  failures: { index: number; error: string }[];
}

const mostFailures = 20;

/** Feeds a reader of the table its inputs, in a thread that is watched. Stops after twenty failures. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { inputs } = options;
  const started = performance.now();
  const result: FuzzResult = {
    inputs: 0,
    refused: 0,
    seconds: 0,
    slowest: { index: 0, ms: 0 },
    peakRss: 0,
    failures: [],
  };
  for (let from = 0; from < inputs && result.failures.length < mostFailures; ) {
    from = await runThread(options, from, result);
    result.inputs = from;
  }
  result.seconds = (performance.now() - started) / 1000;
  return result;
}

const watchEvery = 50;

/** Runs a thread until it is done or has to be ended; gives the number of the next input. */
async function runThread(options: FuzzOptions, from: number, result: FuzzResult): Promise<number> {
  const { name, seed, inputs, timeLimit = 10_000, memoryLimit = 1 << 30 } = options;
  const at = new SharedArrayBuffer(4);
  const current = new Int32Array(at);
  // Until the samples are there it works on none.
  Atomics.store(current, 0, from - 1);
  const job: FuzzJob = { name, seed, from, to: inputs, at };
  const thread = new Worker(new URL('worker.ts', import.meta.url), { workerData: job });
  const ended = Promise.withResolvers<number>();
  const fail = (error: string) => {
    const index = Math.max(from, Atomics.load(current, 0));
    result.failures.push({ index, error });
    ended.resolve(index + 1);
  };
  thread.on('message', (message: FuzzMessage) => {
    if ('failed' in message) {
      result.failures.push({ index: message.failed, error: message.error });
      if (result.failures.length >= mostFailures) ended.resolve(message.failed + 1);
      return;
    }
    result.refused += message.refused;
    if (message.slowest > result.slowest.ms) {
      result.slowest = { index: message.slowestAt, ms: message.slowest };
    }
    ended.resolve(inputs);
  });
  thread.on('error', (error) =>
    fail(`the thread died: ${error instanceof Error ? error.stack : error}`),
  );
  thread.on('exit', (code) => ended.resolve(code === 0 ? inputs : Atomics.load(current, 0) + 1));

  let seen = -2;
  let since = performance.now();
  const watch = setInterval(() => {
    const index = Atomics.load(current, 0);
    if (index !== seen) [seen, since] = [index, performance.now()];
    else if (performance.now() - since > timeLimit) fail(`it takes longer than ${timeLimit} ms`);
    const rss = process.memoryUsage.rss();
    result.peakRss = Math.max(result.peakRss, rss);
    if (rss > memoryLimit) fail(`${rss} bytes of memory are in use`);
  }, watchEvery);
  const next = await ended.promise;
  clearInterval(watch);
  await thread.terminate();
  return next;
}
