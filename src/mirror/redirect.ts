import { AppError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { shownUrl } from '../base/redact.ts';

/** Status codes that lead elsewhere. */
export const redirecting: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Where a redirect leads. Throws AppError 'refused' where that is not HTTP. */
export function target(url: URL, location: string): URL {
  // Node gives a header's bytes as latin1.
  const next = URL.parse(Buffer.from(location, 'latin1').toString('utf8'), url.href);
  if (next?.protocol !== 'http:' && next?.protocol !== 'https:') {
    throw new AppError(
      'refused',
      `${shownUrl(url)} redirects to ${next ? `${next.protocol}//${next.host}` : 'what is no address'}, which is not followed`,
      { hint: 'only http and https addresses are: check the address' },
    );
  }
  if (next.origin === url.origin && !next.username) {
    next.username = url.username;
    next.password = url.password;
  }
  return next;
}

export const tooManyRedirects = (first: URL) =>
  new AppError('refused', `${shownUrl(first)} redirects more than ${limits.redirects} times`, {
    hint: 'check the address: it may lead in a circle',
    detail: { status: 310 },
  });

/** The refusal of a private address, with the address that led there. Other refusals as they are. */
export function leadsInside(first: URL, error: AppError): AppError {
  if (error.detail?.status !== undefined || error.message.includes(shownUrl(first))) return error;
  return new AppError('refused', `${shownUrl(first)} leads to ${error.message}`, {
    cause: error,
    ...(error.hint && { hint: error.hint }),
  });
}
