import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What goes into logs and headers as it is. */
const harmless = /^[A-Za-z0-9._:/+=-]{1,128}$/;

/** What a request goes by: what its client calls it, if that can be said again, or a new name. */
export function requestIdOf(request: IncomingMessage): string {
  const said = request.headers['opc-request-id'];
  return typeof said === 'string' && harmless.test(said)
    ? said
    : randomUUID().replaceAll('-', '').toUpperCase();
}
