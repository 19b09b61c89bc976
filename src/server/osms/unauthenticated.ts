import { AppError } from '../../base/errors.ts';

/** Why somebody is not who they say they are, for the audit. */
export type Doubt =
  | 'nothing'
  | 'clock'
  | 'coverage'
  | 'key'
  | 'body'
  | 'token'
  | 'session'
  | 'origin';

/** What is said to who did not show who they are. `claimed` is who they say they are. */
export const unauthenticated = (doubt: Doubt, message: string, claimed?: string): AppError =>
  new AppError('unauthenticated', message, { detail: { reason: doubt, claimed } });
