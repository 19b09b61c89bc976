import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';

export interface Agents {
  http: HttpAgent;
  https: HttpsAgent;
}

const pairs = new Map<string, Agents>();

/**
 * What connects to an address through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name for it; undefined where they
 * name none. got does not look at them itself.
 */
export function proxyAgents(url: URL): Agents | undefined {
  const proxy = getProxyForUrl(url.href);
  if (proxy === '') return undefined;
  let pair = pairs.get(proxy);
  if (!pair) {
    const made = {
      http: new HttpProxyAgent(proxy, { keepAlive: true }),
      https: new HttpsProxyAgent(proxy, { keepAlive: true }),
    };
    pair = made as unknown as Agents;
    pairs.set(proxy, pair);
  }
  return pair;
}
