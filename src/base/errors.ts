/** What can go wrong on purpose. A plain Error means a bug. Each door maps kinds in one table. */
export type ErrorKind =
  | 'usage' // the command or its arguments
  | 'config' // the configuration file
  | 'not_found' // no such source, package, file
  | 'conflict' // exists already, is read-only, is busy
  | 'locked' // another process holds the data folder
  | 'no_space' // the disk is full, or below the watermark
  | 'disk' // the disk cannot be written or read for another reason: an error of its own, read-only, not permitted
  | 'unreachable' // no answer: DNS, connection, TLS, time-out
  | 'refused' // the upstream answered with an error status
  | 'invalid' // bytes that are not what they should be: no XML, no repository, truncated
  | 'checksum' // bytes that differ from the digest announced for them
  | 'untrusted' // a signature that is missing, wrong or by an unknown key
  | 'unauthenticated' // who asks is not who they say they are
  | 'forbidden' // who asks may not do this
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

/**
 * The error's sentence and its hint, for terminals, logs and histories: one line, but for what is wrong with the
 * configuration and the command, which may be several things.
 */
export function explain(error: unknown): string {
  if (error instanceof AppError) {
    const said = error.hint ? `${error.message}: ${error.hint}` : error.message;
    return several.has(error.kind) ? said.split('\n').map(oneLine).join('\n') : oneLine(said);
  }
  return oneLine(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

const several: ReadonlySet<ErrorKind> = new Set(['usage', 'config']);

/** Text without what would end its line, move a terminal's cursor, or turn the direction of what is written. */
export function oneLine(text: string): string {
  return text
    .replaceAll(/[\t-\r\u0085\u2028\u2029]+/g, ' ')
    .replaceAll(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** The `code` of a system error (ENOSPC, ECONNREFUSED …), looked for along the causes. */
export function errorCode(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    if ('code' in e && typeof e.code === 'string') return e.code;
  }
  return undefined;
}

/** Turns what the system or SQLite says of a disk into an AppError; gives any other error, and AppErrors, back. */
export function diskError(error: unknown, doing: string): unknown {
  if (error instanceof AppError) return error;
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL') {
    return new AppError('no_space', `no space left on the disk while ${doing}`, {
      cause: error,
      hint: 'free some space or move the data folder; what was served before is still served',
    });
  }
  const hint = code && (diskHints[code] ?? (sqliteDisk.test(code) ? diskHints.EIO : undefined));
  if (!hint) return error;
  const path = error instanceof Error && 'path' in error ? ` ${error.path}` : '';
  return new AppError('disk', `the disk failed while ${doing} (${code}${path})`, {
    cause: error,
    hint: `${hint}; what was served before is still served`,
  });
}

const diskHints: Record<string, string> = {
  EIO: 'check the disk and the system log',
  EROFS: 'it is mounted read-only: check the system log, and mount it for writing',
  EACCES: 'let this user read and write the data folder',
  EPERM: 'let this user read and write the data folder',
  EFBIG: 'raise the limit on the size of files (ulimit -f)',
  EMFILE: 'raise the limit on open files (ulimit -n)',
  ENFILE: 'raise the limit on open files (fs.file-max)',
};

const sqliteDisk = /^SQLITE_(IOERR|READONLY|CANTOPEN|PERM)/;
