import { AppError, explain } from './base/errors.ts';
import type { Log } from './base/log.ts';
import { startTimer, type Timer } from './jobs/timer.ts';
import type { Operations } from './server/control/operations.ts';
import type { Rebuild } from './store/catalogue/rebuild.ts';
import type { Collector } from './store/collect/collector.ts';

interface Deps {
  collector: Collector;
  rebuild: Rebuild;
}

/** The operation that frees space. */
export function createGcOperations({ collector, rebuild }: Deps): Pick<Operations, 'gc'> {
  return {
    async gc({ dryRun }, onEvent) {
      if (rebuild.isRunning()) {
        throw new AppError('conflict', 'the catalogue is being made again', {
          hint: 'try again when that is over',
        });
      }
      const started = performance.now();
      const result = await collector.run(dryRun, (plan) => onEvent({ step: 'plan', plan }));
      return { dryRun, ...result, took: Math.round(performance.now() - started) };
    },
  };
}

/** Frees space by the clock: nothing until it is planned. */
export function createGcTimer(deps: {
  every(): number | undefined;
  last(): Promise<Date | undefined>;
  collect(): Promise<{ bytes: number }>;
  log: Log;
}) {
  let timer: Timer | undefined;
  let planned: number | undefined;
  const started = new Date();

  async function run(): Promise<void> {
    try {
      const { bytes } = await deps.collect();
      deps.log.info({ bytes }, 'space collected');
    } catch (error) {
      deps.log.warn({ reason: explain(error) }, 'space not collected');
    }
  }

  return {
    plan(): void {
      const everyMs = deps.every();
      if (timer && everyMs === planned) return;
      timer?.stop();
      planned = everyMs;
      // One that never ran is not in a hurry: not at the first start, in the middle of first syncs.
      const last = async () => (await deps.last()) ?? started;
      timer = everyMs ? startTimer({ everyMs, jitterMs: everyMs / 10 }, last, run) : undefined;
    },
    stop(): void {
      timer?.stop();
      timer = undefined;
    },
  };
}
