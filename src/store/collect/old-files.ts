/** Times of files come from a clock of the system that ticks every few milliseconds, and so lag behind: at most so many. */
const lag = 100;

/**
 * Files that were written before this time (milliseconds since 1970) are no running operation's: none that began at `oldest`, or
 * later, wrote them, and they are as old as the margin asks for.
 */
export function oldBefore(marginMs: number, oldest: number | undefined): number {
  const now = Date.now();
  return Math.min(now - marginMs, oldest === undefined ? now : oldest - lag);
}
