import { AppError } from '../base/errors.ts';

/** Throws AppError 'usage' for what cannot be the name of a group, a dynamic group or a policy. */
export function requireName(name: string, what: string): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(name)) return;
  throw new AppError('usage', `"${name}" cannot be the name of a ${what}`, {
    hint: 'up to 100 letters, digits and _ . - , the first one a letter, a digit or _',
  });
}

/** Of what has a name that is the same in any case. */
export const folded = (name: string): string => name.toLowerCase();
