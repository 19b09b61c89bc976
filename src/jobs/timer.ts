import { Cron } from 'croner';

/** When something is to happen: every so many milliseconds since it last did, or by a cron pattern in local time. */
export interface Schedule {
  everyMs?: number;
  cron?: string;
  /** Up to so many milliseconds later, at random, so that a fleet of servers does not ask its upstream at once. */
  jitterMs: number;
}

export interface Timer {
  /** When it happens the next time; undefined while it is happening or if it never does. */
  next(): Date | undefined;
  stop(): void;
}

/** setTimeout cannot wait longer than this. */
const longest = 2 ** 31 - 1;

/**
 * Runs something by a schedule, never twice at once: the next time is counted when the last has ended.
 * `last` tells when it ran last, also in an earlier process; if that is longer ago than the interval, it runs now.
 * `run` reports its failures itself; one that it throws does not end the schedule.
 */
export function startTimer(
  schedule: Schedule,
  last: () => Promise<Date | undefined>,
  run: () => Promise<void>,
): Timer {
  let handle: NodeJS.Timeout | undefined;
  let at: Date | undefined;
  let stopped = false;
  let fired: Date | undefined;

  async function plan(): Promise<void> {
    // What it did in this process counts also where no record of it could be written or read.
    const before = later(fired, await last().catch(() => undefined));
    const due = dueTime(schedule, before);
    if (stopped || !due) return;
    // What has never run is waited for by somebody: at once, then.
    const jitter = before || schedule.cron ? Math.random() * schedule.jitterMs : 0;
    at = new Date(due.getTime() + jitter);
    wait();
  }

  function wait(): void {
    const left = at!.getTime() - Date.now();
    handle = setTimeout(left > longest ? wait : fire, Math.min(Math.max(left, 0), longest));
  }

  async function fire(): Promise<void> {
    at = undefined;
    fired = new Date();
    await run().catch(() => {});
    if (!stopped) await plan();
  }

  void plan();
  return {
    next: () => at,
    stop() {
      stopped = true;
      clearTimeout(handle);
    },
  };
}

function dueTime(schedule: Schedule, last: Date | undefined): Date | undefined {
  if (schedule.cron) {
    // A time whose jitter is not over yet still counts: the plan may be made anew in the middle of it.
    const open = Date.now() - schedule.jitterMs;
    const from = last ? new Date(Math.max(last.getTime(), open)) : new Date();
    return new Cron(schedule.cron).nextRun(from) ?? undefined;
  }
  if (!schedule.everyMs) return undefined;
  return new Date(last ? last.getTime() + schedule.everyMs : Date.now());
}

const later = (a: Date | undefined, b: Date | undefined): Date | undefined =>
  a && b ? (a > b ? a : b) : (a ?? b);
