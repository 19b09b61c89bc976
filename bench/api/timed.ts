import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { load } from '../fleet/load.ts';

export const heading = `| what | first ms | median | p99 | most | answers | CPU ms each | held ms |
|---|---:|---:|---:|---:|---:|---:|---:|`;

/** Asks one thing after the other for so long; a row of the table. */
export async function timed(
  what: string,
  one: () => Promise<unknown>,
  { milliseconds }: { milliseconds: number },
): Promise<string> {
  const before = performance.now();
  await one();
  const first = performance.now() - before;
  const held = monitorEventLoopDelay({ resolution: 1 });
  held.enable();
  const cpu = process.cpuUsage();
  const { each } = await load(one, { at: 1, milliseconds });
  const { user, system } = process.cpuUsage(cpu);
  await wait(5);
  held.disable();
  const sorted = each.toSorted((a, b) => a - b);
  const part = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]!.toFixed(1);
  const used = ((user + system) / 1000 / each.length).toFixed(1);
  const most = (held.max / 1e6).toFixed(1);
  return `| ${what} | ${first.toFixed(1)} | ${part(0.5)} | ${part(0.99)} | ${part(1)} | ${each.length} | ${used} | ${most} |`;
}
