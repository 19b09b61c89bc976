import { limits } from '../base/limits.ts';

interface Rest {
  until: number;
  /** Milliseconds. */
  length: number;
}

/** Mirrors that failed, by source and base URL, in this process: until when they are asked last. */
const rests = new Map<string, Rest>();

/** Whether a mirror failed lately, and is asked only where the others fail too. */
export function isResting(mirror: string): boolean {
  return (rests.get(mirror)?.until ?? 0) > Date.now();
}

/** Lets a mirror rest that failed: twice as long as the last time, if that was over. */
export function letRest(mirror: string): void {
  const before = rests.get(mirror);
  if (before && before.until > Date.now()) return;
  const length = Math.min(before ? before.length * 2 : limits.restTime, limits.longestRest);
  rests.set(mirror, { until: Date.now() + length, length });
}

/** Ends a mirror's rest: it works. */
export function endRest(mirror: string): void {
  rests.delete(mirror);
}
