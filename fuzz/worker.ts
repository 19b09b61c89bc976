import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../src/base/errors.ts';
import { inputOf } from './input.ts';
import { readers } from './readers.ts';

/** Inputs `from` to below `to` of one reader. */
export interface FuzzJob {
  name: string;
  seed: number;
  from: number;
  to: number;
  /** One Int32: the input under way, which the other side watches. */
  at: SharedArrayBuffer;
}

export type FuzzMessage =
  | { failed: number; error: string }
  | { done: true; refused: number; slowest: number; slowestAt: number };

const { name, seed, from, to, at } = workerData as FuzzJob;
const current = new Int32Array(at);
const tell = (message: FuzzMessage): void => parentPort!.postMessage(message);
const said = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

process.on('unhandledRejection', (error) =>
  tell({ failed: current[0]!, error: `unhandled rejection: ${said(error)}` }),
);

const reader = readers[name]!;
const samples = await reader.samples();
let refused = 0;
let slowest = 0;
let slowestAt = from;
for (let index = from; index < to; index++) {
  Atomics.store(current, 0, index);
  const started = performance.now();
  try {
    const { input, random } = inputOf(reader, samples, { seed, name, index });
    await reader.check(input, random);
  } catch (error) {
    if (!(error instanceof AppError)) tell({ failed: index, error: said(error) });
    else if (index < samples.length) tell({ failed: index, error: `a sample: ${said(error)}` });
    else refused++;
  }
  const took = performance.now() - started;
  if (took > slowest) {
    slowest = took;
    slowestAt = index;
  }
  // Rejections that nobody handles are told of between turns of the loop.
  if (index % 64 === 0) await setImmediate();
}
await setImmediate();
tell({ done: true, refused, slowest, slowestAt });
