import type { IncomingHttpHeaders } from 'node:http';
import type { Asker } from './asker.ts';
import { unauthenticated } from './osms/unauthenticated.ts';

/**
 * Refuses what a page of another origin makes a browser send. What changes something must say where it comes from, as
 * browsers do; to read, it is enough not to come from elsewhere. Throws AppError 'unauthenticated'.
 */
export function requireOwnOrigin({
  method,
  headers,
  asker,
}: {
  method: string;
  headers: IncomingHttpHeaders;
  asker: Asker;
}): void {
  const { origin, 'sec-fetch-site': site } = headers;
  const own = `${asker.secure ? 'https' : 'http'}://${asker.host}`;
  const isRead = method === 'GET' || method === 'HEAD';
  const isElsewhere =
    (origin !== undefined && origin.toLowerCase() !== own.toLowerCase()) ||
    // Who types an address comes from nowhere.
    (site !== undefined && site !== 'same-origin' && !(isRead && site === 'none'));
  const isSilent = origin === undefined && site === undefined && !isRead;
  if (!isElsewhere && !isSilent) return;
  throw unauthenticated('origin', 'a session is for pages of this server alone');
}
