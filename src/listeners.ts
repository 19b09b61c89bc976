import { X509Certificate } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import { hostOf } from './access-operations.ts';
import { explain } from './base/errors.ts';
import type { Log } from './base/log.ts';
import type { Config } from './cli/config.ts';
import { closeServer, listen } from './listening.ts';
import type { Authority } from './server/tls/authority.ts';
import { type Material, readMaterial } from './server/tls/material.ts';

interface Deps {
  config(): Config;
  authority: Authority;
  publicUrl(): string;
  log: Log;
}

/** Where a server listens: plainly, if it does, else by TLS; and the port of that, if it does. */
export interface Address {
  host: string;
  port: number;
  tlsPort: number | undefined;
}

/** How often it is looked whether the own certificate nears its end, in milliseconds. */
const lookEvery = 86_400_000;

/** How long before the end of what is not renewed by itself the log says so, in milliseconds. */
const warnBefore = { certificate: 14 * 86_400_000, authority: 180 * 86_400_000 };

/** The servers that clients reach: plain HTTP, HTTPS where the configuration has `tls:`. */
export function createListeners({ config, authority, publicUrl, log }: Deps) {
  const servers: Server[] = [];
  let tls: TlsServer | undefined;
  let material: Material | undefined;
  let timer: NodeJS.Timeout | undefined;

  const read = ({ tls: settings }: Config): Promise<Material> | undefined =>
    settings && readMaterial(settings, authority, () => [hostOf(publicUrl())]);

  function warnOfEnds({ cert, trusted }: Material): void {
    for (const [what, pem] of Object.entries({ certificate: cert, authority: trusted })) {
      const at = pem?.indexOf('-----BEGIN CERTIFICATE') ?? -1;
      if (at < 0) continue;
      const { validToDate } = new X509Certificate(pem!.slice(at));
      if (validToDate.getTime() > Date.now() + warnBefore[what as keyof typeof warnBefore])
        continue;
      log.warn({ what, until: validToDate.toISOString() }, 'clients will soon trust TLS no more');
    }
  }

  function open(server: Server, observe: (server: Server) => void): Server {
    observe(server);
    server.requestTimeout = 60_000;
    server.headersTimeout = 20_000;
    servers.push(server);
    return server;
  }

  /** Takes the certificates as they are now, for connections from now on. */
  async function refresh(): Promise<void> {
    const next = tls && (await read(config()));
    if (!tls || !next) return;
    material = next;
    tls.setSecureContext(contextOf(material));
    warnOfEnds(material);
  }

  return {
    /** Listens. Gives the address of the first, which tells the port if 0 was asked for, and that of HTTPS. */
    async open(handler: RequestListener, observe: (server: Server) => void): Promise<Address> {
      const { listen: plain, tls: settings } = config();
      const places: { host: string; port: number }[] = [];
      if (!settings?.only) {
        const port = await listen(open(createServer(handler), observe), plain);
        places.push({ host: plain.host, port });
      }
      if (settings) {
        material = (await read(config()))!;
        warnOfEnds(material);
        tls = createTlsServer(
          {
            ...contextOf(material),
            requestCert: true,
            // Whoever has none, or one that is not believed, is as anonymous as over plain HTTP.
            rejectUnauthorized: false,
            handshakeTimeout: 20_000,
          },
          handler,
        );
        const port = await listen(open(tls, observe), settings.listen);
        places.push({ host: settings.listen.host, port });
        const again = () =>
          refresh().catch((error) =>
            log.error({ reason: explain(error) }, 'the certificate stays as it is'),
          );
        timer = setInterval(again, lookEvery).unref();
      }
      return { ...places[0]!, tlsPort: settings && places.at(-1)!.port };
    },

    /** Throws AppErrors where this configuration's certificates cannot be used. */
    async check(next: Config): Promise<void> {
      await read(next);
    },

    refresh,

    /** Whether what listens is what another configuration asks for. */
    isSame(next: Config): boolean {
      const [now, then] = [config(), next].map((c) => [c.listen, c.tls?.listen, c.tls?.only]);
      return isDeepStrictEqual(now, then);
    },

    /** The authority that clients are to trust, as PEM; undefined where they need none. */
    trustedCertificate: (): string | undefined => material?.trusted,

    /** Lets answers finish. */
    async close(): Promise<void> {
      clearInterval(timer);
      await Promise.all(servers.map(closeServer));
    },
  };
}

/** TLS 1.2 is the newest that clients of Oracle Linux 6 speak. */
const contextOf = ({ cert, key, clients }: Material) => ({
  cert,
  key,
  // An empty list believes nobody; without one, whoever the system's authorities know.
  ca: clients,
  minVersion: 'TLSv1.2' as const,
  sessionIdContext: 'headwater',
});
