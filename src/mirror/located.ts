import { AppError } from '../base/errors.ts';

/** An error about bytes that came from an address, with that address and what to do in its sentence. */
export function located(error: unknown, shown: string): unknown {
  if (!(error instanceof AppError)) return error;
  const message = error.message.includes(shown) ? error.message : `${shown}: ${error.message}`;
  return new AppError(error.kind, message, {
    cause: error,
    hint: error.hint ?? 'check the address; if it is right, what is published there is damaged',
  });
}

/** Whether an upstream says that it has no such file, rather than that it cannot give it now. */
export function isAbsent(error: unknown): boolean {
  if (!(error instanceof AppError) || error.kind !== 'refused') return false;
  const status = Number(error.detail?.status);
  return status === 403 || status === 404 || status === 410;
}
