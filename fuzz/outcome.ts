import { AppError } from '../src/base/errors.ts';

/** What a reader gives, or the sentence with which it refuses. An error that is none of ours is thrown on. */
export function outcome<T>(run: () => T): { value?: T; error?: string } {
  try {
    return { value: run() };
  } catch (error) {
    if (error instanceof AppError) return { error: `${error.kind}: ${error.message}` };
    throw error;
  }
}
