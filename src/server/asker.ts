import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import proxyaddr from 'proxy-addr';

/** Who asks, and how they reached this server, as far as it can be believed. */
export interface Asker {
  address: string;
  /** Whether nobody stands between who is believed and who asks: no proxy spoke that is not believed. */
  isKnown: boolean;
  /** Whether a proxy that is believed asks for them. */
  isForwarded: boolean;
  /** Whether what they sent was encrypted. */
  secure: boolean;
  /** The host that they asked for, with its port; empty where they named none. */
  host: string;
}

/**
 * Says who asks: the one place that decides whose X-Forwarded-For, -Proto and -Host are believed. Those that stand in
 * `trustedProxies` are, as far as the chain of them goes.
 */
export function createAsker(trustedProxies: () => readonly string[]) {
  let compiled: { list: string; trust: ReturnType<typeof proxyaddr.compile> } | undefined;
  function trust() {
    const list = trustedProxies();
    if (compiled?.list !== list.join())
      compiled = { list: list.join(), trust: proxyaddr.compile([...list]) };
    return compiled.trust;
  }

  return (request: IncomingMessage): Asker => {
    // From the peer on outward, up to the first that is no trusted proxy.
    const believed = proxyaddr.all(request, trust());
    const proxies = believed.length - 1;
    const encrypted = (request.socket as TLSSocket).encrypted === true;
    const said = (name: string) => forwarded(request, name, proxies);
    const scheme = said('x-forwarded-proto')?.toLowerCase();
    return {
      address: believed.at(-1)!,
      isForwarded: proxies > 0,
      isKnown: believed.length === proxyaddr.all(request).length,
      secure: scheme === undefined ? encrypted : scheme === 'https',
      host: said('x-forwarded-host') ?? request.headers.host ?? '',
    };
  };
}

/**
 * What the outermost trusted proxy said in a header to which each adds its own at the end, or which the last one writes:
 * never what came from before it. Undefined where there is no such proxy, or it said nothing.
 */
function forwarded(request: IncomingMessage, name: string, proxies: number): string | undefined {
  if (proxies === 0) return undefined;
  const values = String(request.headers[name] ?? '')
    .split(',')
    .map((value) => value.trim());
  return values[Math.max(0, values.length - proxies)] || undefined;
}
