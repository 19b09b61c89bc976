import { lastTime, nextTime, type Schedule } from './schedule.ts';
import { openAt, type Window, whenOpen } from './window.ts';

/**
 * When a job is due: at each time of its schedule, or as soon after it as its window is open, if that is before the schedule's
 * end; those that meet there are one.
 */
export interface Timing {
  schedule: Schedule;
  window?: Window | undefined;
}

/** The first due time after an instant; undefined where there is none. All in milliseconds. */
export function nextDue(timing: Timing, after: number): number | undefined {
  const waiting = lastTime(timing.schedule, after);
  if (waiting !== undefined) {
    const due = dueFor(timing, waiting);
    if (due === undefined || due > after) return due;
  }
  const next = nextTime(timing.schedule, after);
  return next === undefined ? undefined : dueFor(timing, next);
}

/** The last due time until now, if its window is open still. `closes` is when it ends; without a window it never does. */
export function dueNow(
  timing: Timing,
  now: number,
): { due: number; closes: number | undefined } | undefined {
  const last = lastTime(timing.schedule, now);
  const due = last === undefined ? undefined : dueFor(timing, last);
  if (due === undefined || due > now) return undefined;
  if (!timing.window) return { due, closes: undefined };
  const opening = openAt(timing.window, timing.schedule.timeZone, due);
  return opening && now < opening.closes ? { due, closes: opening.closes } : undefined;
}

/** When a time of a schedule is due; undefined where its window opens after the end of all. */
function dueFor({ schedule, window }: Timing, time: number): number | undefined {
  const due = window ? whenOpen(window, schedule.timeZone, time) : time;
  const until = 'until' in schedule ? schedule.until : undefined;
  return until !== undefined && due > Date.parse(until) ? undefined : due;
}
