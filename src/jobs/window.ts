import { z } from 'zod';
import { instantOf, wallTimeOf, weekdayOf } from './local-time.ts';
import { weekdays } from './schedule.ts';

/** When work may be handed out: from a time of day on, for so many minutes that pass. */
export const windowSchema = z.strictObject({
  /** Those on which it opens; without, all. */
  days: z
    .array(z.enum(weekdays))
    .min(1)
    .transform((days) => weekdays.filter((day) => days.includes(day)))
    .optional(),
  from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 22:30'),
  minutes: z.number().int().min(1).max(1440),
});
export type Window = z.output<typeof windowSchema>;

/** From when to when it is open, in milliseconds; the end is outside. */
export interface Opening {
  opens: number;
  closes: number;
}

/** The opening that an instant is in; of two, the one that opened last. */
export function openAt(window: Window, timeZone: string, instant: number): Opening | undefined {
  const { day } = wallTimeOf(instant, timeZone);
  // One of the day before may be open still; clocks may skip a day.
  for (const candidate of [day + 1, day, day - 1, day - 2]) {
    const opening = openingOn(window, timeZone, candidate);
    if (opening && opening.opens <= instant && instant < opening.closes) return opening;
  }
  return undefined;
}

/** The first time at or after an instant at which it is open. */
export function whenOpen(window: Window, timeZone: string, instant: number): number {
  if (openAt(window, timeZone, instant)) return instant;
  for (let { day } = wallTimeOf(instant, timeZone); ; day++) {
    const opening = openingOn(window, timeZone, day);
    if (opening && opening.opens > instant) return opening.opens;
  }
}

function openingOn(window: Window, timeZone: string, day: number): Opening | undefined {
  if (window.days && !window.days.includes(weekdays[weekdayOf(day)]!)) return undefined;
  const [hours, minutes] = window.from.split(':').map(Number) as [number, number];
  const opens = instantOf({ day, second: hours * 3600 + minutes * 60 }, timeZone);
  return { opens, closes: opens + window.minutes * 60_000 };
}
