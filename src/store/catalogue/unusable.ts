import { AppError, errorCode } from '../../base/errors.ts';
import { saysDamaged } from '../sqlite.ts';

/** Whether SQLite says of the catalogue's file that it is damaged or gone. */
export function isUnusable(error: unknown): boolean {
  return saysDamaged(error) || errorCode(error)?.startsWith('SQLITE_CANTOPEN') === true;
}

/** Runs what uses the catalogue. Throws AppError 'invalid' with the way out where the file is damaged or gone. */
export function usable<T>(use: () => T): T {
  try {
    const result = use();
    return result instanceof Promise ? (result.catch(rethrow) as T) : result;
  } catch (error) {
    return rethrow(error);
  }
}

function rethrow(error: unknown): never {
  if (error instanceof AppError || !isUnusable(error)) throw error;
  throw new AppError('invalid', `the catalogue is damaged or gone (${errorCode(error)})`, {
    cause: error,
    hint: '`headwater catalogue rebuild` makes it again',
  });
}
