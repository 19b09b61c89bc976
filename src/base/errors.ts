/** What can go wrong on purpose. A plain Error means a bug. Each door maps kinds in one table. */
export type ErrorKind =
  | 'usage' // the command or its arguments
  | 'config' // the configuration file
  | 'not_found' // no such source, package, file
  | 'conflict' // exists already, is read-only, is busy
  | 'locked' // another process holds the data folder
  | 'no_space' // the disk is full, or below the watermark
  | 'unreachable' // no answer: DNS, connection, TLS, time-out
  | 'refused' // the upstream answered with an error status
  | 'invalid' // bytes that are not what they should be: no XML, no repository, truncated
  | 'checksum' // bytes that differ from the digest announced for them
  | 'untrusted' // a signature that is missing, wrong or by an unknown key
  | 'limit' // larger, longer or deeper than allowed
  | 'cancelled';

/** An expected failure: one sentence for a person, with a kind for programs and a hint on what to do. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly detail: Readonly<Record<string, unknown>> | undefined;

  constructor(
    kind: ErrorKind,
    message: string,
    options: { cause?: unknown; hint?: string; detail?: Record<string, unknown> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.hint = options.hint;
    this.detail = options.detail;
  }
}

/** The error's sentence and its hint, for terminals, logs and histories. */
export function explain(error: unknown): string {
  if (error instanceof AppError)
    return error.hint ? `${error.message}: ${error.hint}` : error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** The `code` of a system error (ENOSPC, ECONNREFUSED …), looked for along the causes. */
export function errorCode(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    if ('code' in e && typeof e.code === 'string') return e.code;
  }
  return undefined;
}

/** Turns a full disk into an AppError; gives any other error back as it is. */
export function diskError(error: unknown, doing: string): unknown {
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL') {
    return new AppError('no_space', `no space left on the disk while ${doing}`, {
      cause: error,
      hint: 'free some space or move the data folder; what was served before is still served',
    });
  }
  return error;
}
