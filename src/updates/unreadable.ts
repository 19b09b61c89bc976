import { AppError } from '../base/errors.ts';

/** What cannot be read, or is not there, offers nothing: the rest is answered all the same. */
export function nothing(error: unknown): undefined {
  if (!(error instanceof AppError) || error.kind === 'conflict') throw error;
}
