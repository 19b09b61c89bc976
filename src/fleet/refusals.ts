import { AppError, type ErrorKind } from '../base/errors.ts';

/** Why an instance, or somebody on one, is refused: doors turn these into the codes of their protocol. */
const kinds = {
  /** What should say which instance it is does not: forged, stale, of one that is gone. */
  systemid: 'unauthenticated',
  /** A user's name or password is wrong. */
  login: 'unauthenticated',
  /** Of a login token: not all of it is there; it is forged, or of an instance that is gone; it was good once. */
  token_missing: 'unauthenticated',
  token_invalid: 'unauthenticated',
  token_expired: 'unauthenticated',
  key_unknown: 'unauthenticated',
  key_used_up: 'unauthenticated',
  /** Several registration keys that cannot be used together. */
  key_conflict: 'conflict',
  /** A registration that lacks what it must say. */
  incomplete: 'usage',
  empty_name: 'usage',
  /** No parent source fits the release and architecture. */
  no_base: 'not_found',
  not_permitted: 'forbidden',
  no_such_channel: 'not_found',
  attached_already: 'conflict',
  /** A second parent, or a child of another one. */
  second_base: 'conflict',
  leaving_base: 'conflict',
  no_such_action: 'not_found',
  no_such_advisory: 'not_found',
} as const satisfies Record<string, ErrorKind>;

export type Refusal = keyof typeof kinds;

/** An AppError that says in `detail.reason` which refusal it is. */
export function refused(reason: Refusal, message: string, hint?: string): AppError {
  return new AppError(kinds[reason], message, { detail: { reason }, ...(hint && { hint }) });
}

/** The refusal that an error is, if it is one. */
export function refusalOf(error: unknown): Refusal | undefined {
  const reason = error instanceof AppError ? error.detail?.reason : undefined;
  return typeof reason === 'string' && reason in kinds ? (reason as Refusal) : undefined;
}
