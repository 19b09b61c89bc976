import proxyaddr from 'proxy-addr';
import type { Asker } from '../asker.ts';

/**
 * Whether who asks stands in `allow`, a list of addresses and networks. Who is asked for by a proxy that is not believed
 * is nobody known, wherever that proxy stands.
 */
export function mayRead({ address, isKnown }: Asker, allow: readonly string[]): boolean {
  return isKnown && proxyaddr.compile([...allow])(address, 0);
}
