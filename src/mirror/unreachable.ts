import { STATUS_CODES } from 'node:http';
import { AppError, errorCode } from '../base/errors.ts';
import { shownText } from '../base/redact.ts';

/** A failed transfer as an AppError: 'unreachable' with what to do, 'cancelled', or the AppError that caused it. */
export function unreachable(error: unknown, shown: string): AppError {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof AppError) return e;
  const code = errorCode(error) ?? '';
  if (code === 'ERR_ABORTED' || (error instanceof Error && error.name === 'AbortError')) {
    return new AppError('cancelled', `the transfer of ${shown} was cancelled`, { cause: error });
  }
  const said = shownText(error instanceof Error ? error.message : String(error))
    .replaceAll(/\s+/g, ' ')
    .trim();
  return new AppError('unreachable', `${shown} cannot be reached (${code || said})`, {
    cause: error,
    hint: reasons[code] ?? said,
  });
}

/** An answer with an error status. What it says besides is the server's own, and not shown. */
export function refusal(shown: string, status: number): AppError {
  return new AppError(
    'refused',
    `${shown} answered ${status} ${STATUS_CODES[status] ?? ''}`.trim(),
    {
      detail: { status },
      hint: hints[status] ?? 'check the address, or try again later',
    },
  );
}

const hints: Record<number, string> = {
  401: 'it wants credentials: set auth, or a client certificate in tls',
  403: 'it refuses access: check credentials, or the address',
  404: 'it has no such file: check the address',
};

const reasons: Record<string, string> = {
  ENOTFOUND: 'the host name is not known: check the address and DNS',
  EAI_AGAIN: 'the host name cannot be looked up now: check DNS',
  ECONNREFUSED: 'nothing listens there: check the address, or whether the server runs',
  ECONNRESET: 'the connection broke: try again',
  ETIMEDOUT: 'no answer in time: try again, or check firewalls and proxies',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection broke: try again',
  ERR_HTTP_CONTENT_LENGTH_MISMATCH: 'the connection broke: try again',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed: set tls.ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate authority is not known here: set tls.ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate authority is not known here: set tls.ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate authority is not known here: set tls.ca',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'it wants a client certificate: set tls.client_certificate and tls.client_key',
  CERT_HAS_EXPIRED: 'its certificate has expired',
};
