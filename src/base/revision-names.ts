import { z } from 'zod';
import { timeOf } from './filters.ts';

const which = 'a revision such as 12, the name of a snapshot, or a time such as 2026-01-31';

/** What can name a revision, now or later: its number, a snapshot, a time. */
export const revisionNameSchema = z.union([
  z
    .string(which)
    .refine(
      (at) => isNumber(at) || timeOf(at) !== undefined || nameRefusal(at) === undefined,
      which,
    ),
  z.number(which).int(which).positive(which),
]);

const isNumber = (at: string): boolean =>
  /^\d+$/.test(at) && Number(at) > 0 && Number.isSafeInteger(Number(at));

/** Why a snapshot cannot be called that; undefined where it can. A name must not read as a revision or a time. */
export function nameRefusal(name: string): string | undefined {
  if (name.length > 128) return 'it is longer than 128 characters';
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) {
    return 'letters, digits and _ . - only, and no . or - at the beginning';
  }
  if (name.toLowerCase() === 'current') return 'that is what is served now';
  if (!Number.isNaN(Number(name))) return 'it reads as a number, which is a revision';
  // Also of days that do not exist.
  return /^\d{4}-\d\d-\d\d(?:$|[Tt])/.test(name) ? 'it reads as a time' : undefined;
}
