import { AppError, type ErrorKind, oneLine } from '../../base/errors.ts';
import { type Refusal, refusalOf } from '../../fleet/refusals.ts';

export interface Fault {
  code: number;
  text: string;
}

/**
 * The fault that a client is told of an error. Signs matter to clients; those of -49, -60, -74, -91 and -105 do not.
 * Codes below -32000 are those of "Specification for Fault Code Interoperability".
 */
export function faultOf(error: unknown): Fault {
  const code = codeOf(error);
  if (code === undefined || !(error instanceof AppError)) return internal;
  return fault(code, error.message, error.hint);
}

/** Whether nobody meant an error to happen, so that it is to be looked at. */
export const isInternal = (error: unknown) => codeOf(error) === undefined;

/** A fault in the form of Spacewalk's. Clients look for `Explanation:` in the text of some codes and break without. */
export function fault(code: number, message: string, hint?: string): Fault {
  const lines = [
    '',
    'Error Message:',
    `    ${oneLine(message)}`,
    `Error Class Code: ${Math.abs(code)}`,
    `Error Class Info: ${oneLine(message)}`,
    `Explanation: ${oneLine(hint ?? 'the server refuses this call')}`,
  ];
  return { code, text: lines.join('\n') };
}

/** A fault of its own code, for what this protocol knows and nothing else does. */
export const faulty = (code: number, message: string) =>
  new AppError('usage', message, { detail: { code } });

const internal = fault(1, 'internal error', 'the log of the server says more');

function codeOf(error: unknown): number | undefined {
  if (!(error instanceof AppError)) return undefined;
  if (typeof error.detail?.code === 'number') return error.detail.code;
  const reason = refusalOf(error);
  return (reason && codes[reason]) ?? kinds[error.kind];
}

const codes: Partial<Record<Refusal, number>> = {
  systemid: -9,
  login: -2,
  key_unknown: -60,
  key_used_up: -61,
  key_conflict: -63,
  incomplete: -21,
  empty_name: -800,
  no_base: -70,
  not_permitted: -71,
  no_such_channel: -40,
  attached_already: -38,
  second_base: -32,
  leaving_base: -72,
  no_such_action: -22,
  no_such_advisory: -17,
};

/** Of what is no refusal. Those that are missing are the server's own trouble. */
const kinds: Partial<Record<ErrorKind, number>> = {
  invalid: -32700,
  limit: -32600,
  usage: -32602,
  unauthenticated: -9,
  forbidden: -71,
  not_found: -17,
  conflict: -37,
  cancelled: 99,
};
