import type { IncomingMessage } from 'node:http';
import proxyaddr from 'proxy-addr';

/**
 * Whether who asks stands in `allow`, a list of addresses and networks. `trust` says which proxies are believed. Who is
 * asked for by a proxy that is not believed is nobody known, wherever that proxy stands.
 */
export function mayRead(
  request: IncomingMessage,
  trust: (address: string, hop: number) => boolean,
  allow: string[],
): boolean {
  const known = proxyaddr.all(request, trust);
  if (known.length < proxyaddr.all(request).length) return false;
  return proxyaddr.compile(allow)(known.at(-1)!, 0);
}
