import { X509Certificate } from 'node:crypto';
import { AppError } from './base/errors.ts';
import type { AccessOperations } from './server/control/access.ts';
import type { AuthOperations } from './server/control/auth.ts';
import { type Authority, aboutOf } from './server/tls/authority.ts';
import { caPath } from './server/tls/ca-route.ts';

interface Deps {
  tokens: { rotate(): Promise<void> };
  tokenLifetime(): number;
  authority: Authority;
  /** Throws AppError 'not_found' where there is no such instance. */
  setCertificate(id: number, sha256: Buffer, by: string): Promise<void>;
  publicUrl(): string;
  /** The server's certificate is another one. */
  onCertificate(): Promise<void>;
  auth: AuthOperations;
}

/** The operations on login tokens and certificates. */
export function createAccessOperations(deps: Deps): AccessOperations {
  const { tokens, authority } = deps;
  return {
    ...deps.auth,
    async rotateTokenKey() {
      await tokens.rotate();
      return { lifetime: deps.tokenLifetime() };
    },

    async initialiseTls(names) {
      const own = await authority.server([...names, hostOf(deps.publicUrl())]);
      if (own.made.server) await deps.onCertificate();
      const { fingerprint, notAfter, made } = own;
      return { fingerprint, names: own.names, notAfter, made, url: deps.publicUrl() + caPath };
    },

    async issueCertificate({ id, days, certificate: given, by }) {
      if (given !== null) {
        const about = readCertificate(given);
        await deps.setCertificate(id, about.sha256, by);
        return { ...shown(id, about), certificate: given, key: null };
      }
      const { certificate, key, ...about } = await authority.issue(String(id), days);
      await deps.setCertificate(id, about.sha256, by);
      return { ...shown(id, about), certificate, key };
    },
  };
}

const shown = (instance: number, { sha256, notAfter }: { sha256: Buffer; notAfter: string }) => ({
  instance,
  sha256: sha256.toString('hex'),
  notAfter,
});

/** The host of an address, without brackets. */
export const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '');

function readCertificate(pem: string) {
  try {
    if (new X509Certificate(pem).ca) throw new Error('an authority');
    return aboutOf(pem);
  } catch (cause) {
    throw new AppError('usage', 'that is no certificate of a client', {
      cause,
      hint: 'it is expected as PEM: -----BEGIN CERTIFICATE-----',
    });
  }
}
