import { AppError } from '../base/errors.ts';
import type { SnapshotKind } from '../store/state/snapshots.ts';

/** Throws AppError 'usage' where a snapshot cannot be called that: a name must not read as a revision or a time. */
export function requireSnapshotName(name: string): void {
  const refuse = (why: string) => {
    throw new AppError('usage', `a snapshot cannot be called ${JSON.stringify(name)}: ${why}`, {
      hint: 'take a name such as 2026-q4 or before-upgrade',
    });
  };
  if (name.length > 128) refuse('it is longer than 128 characters');
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) {
    refuse('letters, digits and _ . - only, and no . or - at the beginning');
  }
  if (name.toLowerCase() === 'current') refuse('that is what is served now');
  if (!Number.isNaN(Number(name))) refuse('it reads as a number, which is a revision');
  // Also of days that do not exist.
  if (/^\d{4}-\d\d-\d\d(?:$|[Tt])/.test(name)) refuse('it reads as a time');
}

/** What the automatic snapshot of the period is called in which a time lies: days, ISO weeks and months of UTC. */
export function periodName(kind: Exclude<SnapshotKind, 'manual'>, now: Date): string {
  const day = now.toISOString().slice(0, 10);
  if (kind === 'daily') return `daily-${day}`;
  if (kind === 'monthly') return `monthly-${day.slice(0, 7)}`;
  // ISO 8601: a week belongs to the year in which its Thursday lies.
  const thursday = new Date(`${day}T00:00:00Z`);
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * 86_400_000)) + 1;
  return `weekly-${year}-w${String(week).padStart(2, '0')}`;
}
