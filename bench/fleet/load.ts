/** How long each of many took, in milliseconds, and all of them together. */
export interface Loaded {
  each: number[];
  milliseconds: number;
}

/** Does something again and again, so many `at` a time, until the time is over or it was begun `count` times. Throws what it throws. */
export async function load(
  one: () => Promise<unknown>,
  {
    at,
    count = Infinity,
    milliseconds = Infinity,
  }: { at: number; count?: number; milliseconds?: number },
): Promise<Loaded> {
  const each: number[] = [];
  const started = performance.now();
  let begun = 0;
  const worker = async () => {
    while (begun < count && performance.now() - started < milliseconds) {
      begun++;
      const before = performance.now();
      await one();
      each.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: at }, worker));
  return { each, milliseconds: performance.now() - started };
}

/** A row of a table: a second, median, 99th percentile, most. */
export function shownTimes({ each, milliseconds }: Loaded): string {
  const sorted = each.toSorted((a, b) => a - b);
  const part = (share: number) =>
    (sorted[Math.floor(share * (sorted.length - 1))] ?? NaN).toFixed(1);
  const rate = ((each.length * 1000) / milliseconds).toFixed(0);
  return [rate, part(0.5), part(0.99), part(1)].join(' | ');
}
