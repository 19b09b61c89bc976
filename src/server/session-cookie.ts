import type { IncomingHttpHeaders } from 'node:http';

export const sessionCookieName = 'headwater_session';

/** The secret of a browser's session, if it sent one. Of two it is neither. */
export function sessionSecretOf({ cookie = '' }: IncomingHttpHeaders): string | undefined {
  const found = cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${sessionCookieName}=`))
    .map((pair) => pair.slice(sessionCookieName.length + 1));
  return found.length === 1 && /^[0-9a-f]{64}$/.test(found[0]!) ? found[0] : undefined;
}

/** The header that gives a browser a session until a time (RFC 3339), or takes it away. */
export function sessionCookie(
  session: { secret: string; expiresAt: string } | undefined,
  secure: boolean,
): string {
  const end = session === undefined ? new Date(0) : new Date(session.expiresAt);
  return [
    `${sessionCookieName}=${session?.secret ?? ''}`,
    'Path=/',
    `Expires=${end.toUTCString()}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(secure ? ['Secure'] : []),
  ].join('; ');
}
