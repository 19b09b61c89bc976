import { AppError } from '../base/errors.ts';
import { timeOf } from '../base/filters.ts';
import { milliseconds } from '../base/units.ts';

/** An instance's id. Throws AppError 'usage'. */
export function idOf(text: string): number {
  // As it stands in a systemid, too.
  const id = Number(/^(?:ID-)?0*(\d{1,15})$/.exec(text)?.[1]);
  if (id > 0) return id;
  throw new AppError('usage', `${text} is no instance's id`, {
    hint: 'a number, as `headwater instance list` shows it',
  });
}

/** A time that is written as such, or as how long it is before or after now (RFC 3339). Throws AppError 'usage'. */
export function whenOf(text: string, direction: 'ago' | 'ahead', option: string): string {
  const span = milliseconds(text);
  if (span !== undefined) {
    return new Date(Date.now() + (direction === 'ago' ? -span : span)).toISOString();
  }
  const time = timeOf(text);
  if (time !== undefined) return time;
  throw new AppError('usage', `${option} ${text} is no time`, {
    hint: 'write 30d, 2026-01-31 or 2026-01-31T12:00:00Z',
  });
}

/** How long something is, in milliseconds. Throws AppError 'usage'. */
export function durationOf(text: string, option: string): number {
  const span = milliseconds(text);
  if (span !== undefined) return span;
  throw new AppError('usage', `${option} ${text} is no duration`, { hint: 'write 90s, 2h or 30d' });
}

/** A whole number above 0. Throws AppError 'usage'. */
export function countOf(text: string, option: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text);
  throw new AppError('usage', `${option} ${text} is no number above 0`);
}
