import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { getCACertificates } from 'node:tls';
import type { OptionsInit } from 'got';
import { proxyAgents } from '../base/proxy-agents.ts';
import type { MirroredSource } from '../base/source.ts';
import { publicLookup } from './addresses.ts';
import { readCredentials, readFileOf } from './credentials.ts';
import { type Redaction, redactionOf } from './secrets.ts';

/** How to connect to one address. */
export interface Connection {
  options: OptionsInit;
  /** Whether a proxy looks the name up and connects, so that nothing is known of the address. */
  proxied: boolean;
  /** Whether the source's credentials are sent. */
  trusted: boolean;
}

export interface ConnectionChoice {
  /** Whether the source's credentials may be sent, if the address is one of its own. */
  trusted: boolean;
  /** Whether a private address is refused. */
  guarded: boolean;
}

export type Connect = (url: URL, choice: ConnectionChoice) => Connection;

export interface Connector {
  connect: Connect;
  /** Takes what is sent as credentials out of what comes back. Where they cannot be read, none were sent. */
  redaction(): Redaction;
}

/**
 * Connections for a source: heeds HTTP_PROXY, HTTPS_PROXY and NO_PROXY. Credentials and the client certificate go to the
 * origins that the source names itself, not to those that a list or a redirect names. Throws AppError 'config' where a
 * file or variable that the source names cannot be read.
 */
export function connector(source: MirroredSource): Connector {
  const ca = once(() =>
    source.tls.ca
      ? [...getCACertificates('default'), readFileOf(source, 'tls.ca', source.tls.ca)]
      : undefined,
  );
  const identity = once(() => identityOf(source));
  const redaction = once(() => redactionOf(source, identity()));
  const connect: Connect = (url, choice) => {
    const trusted = choice.trusted && isOwn(source, url);
    const proxy = proxyAgents(url);
    const authority = url.protocol === 'https:' ? ca() : undefined;
    const { https, ...credentials } = trusted ? identity() : {};
    return {
      options: {
        agent: proxy ?? (choice.guarded ? guarded : direct),
        https: { ...(authority && { certificateAuthority: authority }), ...https },
        ...credentials,
      },
      proxied: proxy !== undefined,
      trusted,
    };
  };
  return {
    connect,
    redaction() {
      try {
        return redaction();
      } catch {
        return redactionOf(source, {});
      }
    },
  };
}

function isOwn(source: MirroredSource, url: URL): boolean {
  return source.upstream.urls.some((u) => URL.parse(u)?.origin === url.origin);
}

function identityOf(source: MirroredSource): OptionsInit {
  const { clientCertificate, clientKey } = source.tls;
  const https = clientCertificate &&
    clientKey && {
      certificate: readFileOf(source, 'tls.client_certificate', clientCertificate),
      key: readFileOf(source, 'tls.client_key', clientKey),
    };
  return { ...(https && { https }), ...readCredentials(source) };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const direct = {
  http: new HttpAgent({ keepAlive: true }),
  https: new HttpsAgent({ keepAlive: true }),
};

/** Pools of their own, so that no connection made without the look-up is used. */
const lookup = publicLookup();
const guarded = {
  http: new HttpAgent({ keepAlive: true, lookup }),
  https: new HttpsAgent({ keepAlive: true, lookup }),
};
