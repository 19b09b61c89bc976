import { AppError, type ErrorKind, oneLine } from '../../base/errors.ts';

/** The codes of errors, as OCI has them, and the status that each goes with. */
const statuses = {
  InvalidParameter: 400,
  MissingParameter: 400,
  CannotParseRequest: 400,
  NotAuthenticated: 401,
  NotAuthorizedOrNotFound: 404,
  MethodNotAllowed: 405,
  RequestTimeout: 408,
  IncorrectState: 409,
  InvalidatedRetryToken: 409,
  NoEtagMatch: 412,
  PayloadTooLarge: 413,
  TooManyRequests: 429,
  InternalServerError: 500,
  ServiceUnavailable: 503,
} as const;

export type ApiCode = keyof typeof statuses;

/** What each kind of error comes to. Whatever is not here is of no concern to who asked. */
const codes: Partial<Record<ErrorKind, ApiCode>> = {
  usage: 'InvalidParameter',
  unauthenticated: 'NotAuthenticated',
  not_found: 'NotAuthorizedOrNotFound',
  forbidden: 'NotAuthorizedOrNotFound',
  conflict: 'IncorrectState',
  limit: 'TooManyRequests',
  no_space: 'ServiceUnavailable',
  disk: 'ServiceUnavailable',
  locked: 'ServiceUnavailable',
  cancelled: 'ServiceUnavailable',
};

const kinds: Partial<Record<ApiCode, ErrorKind>> = {
  NotAuthenticated: 'unauthenticated',
  NotAuthorizedOrNotFound: 'not_found',
  IncorrectState: 'conflict',
  InvalidatedRetryToken: 'conflict',
  NoEtagMatch: 'conflict',
  RequestTimeout: 'limit',
  PayloadTooLarge: 'limit',
  TooManyRequests: 'limit',
  ServiceUnavailable: 'locked',
};

/** An error that is answered with this code. */
export function apiError(
  code: ApiCode,
  message: string,
  { hint, ...detail }: { hint?: string; [more: string]: unknown } = {},
): AppError {
  return new AppError(kinds[code] ?? 'usage', message, {
    ...(hint !== undefined && { hint }),
    detail: { ...detail, code },
  });
}

/** What is answered for what is not there and for what the caller may not see; `why` is for the audit only. */
export const notAuthorizedOrNotFound = (why = 'not permitted'): AppError =>
  apiError(
    'NotAuthorizedOrNotFound',
    'there is no such resource, or the caller may not do this with it',
    { why },
  );

export interface ErrorAnswer {
  status: number;
  code: ApiCode;
  message: string;
}

/** The code of an AppError's kind, or the code itself. */
export const codeOf = (named: string): ApiCode =>
  Object.hasOwn(statuses, named)
    ? (named as ApiCode)
    : (codes[named as ErrorKind] ?? 'InternalServerError');

/** An error as clients are told of it: nothing of what is not an AppError. */
export function answerOf(error: unknown): ErrorAnswer {
  const known = error instanceof AppError ? error : undefined;
  const code = codeOf(String(known?.detail?.code ?? known?.kind ?? ''));
  const said = known?.hint ? `${known.message}: ${known.hint}` : known?.message;
  const isOwn = code === 'InternalServerError' || said === undefined;
  return { status: statuses[code], code, message: isOwn ? 'internal error' : oneLine(said) };
}
