import { AppError } from '../base/errors.ts';
import { nameRefusal } from '../base/revision-names.ts';
import type { SnapshotKind } from '../store/state/snapshots.ts';

/** Throws AppError 'usage' where a snapshot cannot be called that. */
export function requireSnapshotName(name: string): void {
  const why = nameRefusal(name);
  if (why === undefined) return;
  throw new AppError('usage', `a snapshot cannot be called ${JSON.stringify(name)}: ${why}`, {
    hint: 'take a name such as 2026-q4 or before-upgrade',
  });
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
