import { createHash, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { AppError } from '../../base/errors.ts';
import type { TlsFiles } from '../../store/tls-files.ts';
import type { Pair } from './certificates.ts';

const day = 86_400_000;

/** For how many days a server's certificate is made, and how many before its end another one takes its place. */
const server = { days: 397, renew: 130 };

/** What there is of an own authority and the server certificate that it signed. */
export interface OwnTls {
  /** The authority's certificate, as PEM. */
  authority: string;
  /** SHA-256 of it, as openssl shows it. */
  fingerprint: string;
  /** What the server's certificate is good for, and until when (RFC 3339). */
  names: string[];
  notAfter: string;
  /** Whether the authority, or the server's certificate, was made just now. */
  made: { authority: boolean; server: boolean };
}

/** A client certificate that was made just now. It is not kept here. */
export interface IssuedCertificate extends Pair {
  /** SHA-256 of its DER. */
  sha256: Buffer;
  /** RFC 3339. */
  notAfter: string;
}

export type Authority = ReturnType<typeof createAuthority>;

/** The server's own certificate authority, which is made when it is first asked for. */
export function createAuthority(files: TlsFiles, now = Date.now) {
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other: none makes what another is making. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  }

  /** What makes certificates is large, and seldom needed. */
  const make = () => import('./certificates.ts');

  async function ensure(): Promise<Pair & { made: boolean }> {
    const known = await files.authority();
    if (known) return { ...known, made: false };
    // Of a name of its own each time, as clients tell authorities apart by their names.
    const name = `Headwater CA ${randomBytes(4).toString('hex')}`;
    const pair = await (await make()).makeAuthority(name, now());
    await files.setAuthority(pair);
    return { ...pair, made: true };
  }

  return {
    /** The authority's certificate, as PEM. */
    async certificate(): Promise<string> {
      return (await inTurn(ensure)).certificate;
    },

    /**
     * Makes sure that there are an authority and a server certificate of it that is good for these names, besides those that
     * it was good for, and not near its end. Throws AppErrors.
     */
    async server(names: readonly string[]): Promise<OwnTls & { pem: string }> {
      const asked = names.map(canonical);
      return inTurn(async () => {
        const authority = await ensure();
        const held = authority.made ? undefined : await heldServer(await files.server());
        const wanted = [...new Set([...asked, ...(held?.names ?? [])])];
        if (wanted.length === 0) wanted.push('localhost');
        const fresh =
          held !== undefined &&
          wanted.length === held.names.length &&
          held.notAfter.getTime() > now() + server.renew * day &&
          held.certificate.verify(new X509Certificate(authority.certificate).publicKey);
        if (!fresh) {
          const about = { commonName: wanted[0]!, names: wanted, days: server.days };
          const { makeCertificate } = await make();
          await files.setServer(await makeCertificate(authority, about, now()));
        }
        const pem = (await files.server())!;
        const shown = (await heldServer(pem))!;
        return {
          pem,
          authority: authority.certificate,
          fingerprint: new X509Certificate(authority.certificate).fingerprint256,
          names: shown.names,
          notAfter: shown.notAfter.toISOString(),
          made: { authority: authority.made, server: !fresh },
        };
      });
    },

    /** Makes a certificate for a client, which nobody has but who asked. */
    issue(commonName: string, days: number): Promise<IssuedCertificate> {
      return inTurn(async () => {
        const authority = await ensure();
        const { makeCertificate } = await make();
        const pair = await makeCertificate(authority, { commonName, days }, now());
        return { ...pair, ...aboutOf(pair.certificate) };
      });
    },
  };
}

/** Of a certificate in PEM: SHA-256 of its DER, and its end. */
export function aboutOf(pem: string): Pick<IssuedCertificate, 'sha256' | 'notAfter'> {
  const { raw, validToDate } = new X509Certificate(pem);
  return {
    sha256: createHash('sha256').update(raw).digest(),
    notAfter: validToDate.toISOString(),
  };
}

/** The server certificate that a file holds; undefined where it is none, or its key is another. */
async function heldServer(pem: string | undefined) {
  if (pem === undefined) return undefined;
  try {
    const certificate = new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')));
    if (!certificate.checkPrivateKey(createPrivateKey(pem))) return undefined;
    const { validToDate: notAfter, subjectAltName = '' } = certificate;
    const names = subjectAltName
      .split(', ')
      .map((name) => canonical(name.replace(/^(DNS|IP Address):/, '')));
    return { certificate, names, notAfter };
  } catch {
    return undefined;
  }
}

/** A name as it is compared with others. Throws AppError 'usage' where it is none. */
function canonical(name: string): string {
  if (isIP(name) === 6) return new URL(`http://[${name}]`).hostname.slice(1, -1);
  const label = '[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
  const host = new RegExp(`^(\\*\\.)?(${label}\\.)*${label}$`);
  if (isIP(name) || (host.test(name) && name.length <= 253)) return name.toLowerCase();
  throw new AppError('usage', `${JSON.stringify(name)} is no name for a certificate`, {
    hint: 'a host name such as yum.example.com, or an address; non-ASCII names as xn--…',
  });
}
