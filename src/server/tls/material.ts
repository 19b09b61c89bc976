import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AppError, explain } from '../../base/errors.ts';
import type { Authority } from './authority.ts';

/** `tls:` of the configuration; paths are absolute. */
export interface TlsSettings {
  listen: { host: string; port: number };
  /** Files; without them the server's own authority is used. The certificate has the chain after it. */
  files: { certificate: string; key: string } | undefined;
  /** A file with the authority of the configured certificate, which is handed out to clients. */
  ca: string | undefined;
  /** A file with authorities of client certificates, besides the own one. */
  clientCa: string | undefined;
  /** Whether there is no plain HTTP. */
  only: boolean;
}

/** What a TLS server is made from, all as PEM. */
export interface Material {
  cert: string;
  key: string;
  /** Authorities whose client certificates are believed. */
  clients: string[];
  /** What clients are to trust; undefined where they need nothing. */
  trusted: string | undefined;
}

/** Reads the files that are configured, or has the own authority make them for these names. Throws AppErrors. */
export async function readMaterial(
  settings: TlsSettings,
  authority: Authority,
  names: () => readonly string[],
): Promise<Material> {
  const { files, ca, clientCa } = settings;
  const given = clientCa === undefined ? [] : [await certificates(clientCa, 'tls.client_ca')];
  if (!files) {
    const own = await authority.server(names());
    return {
      cert: own.pem,
      key: own.pem,
      clients: [...given, own.authority],
      trusted: own.authority,
    };
  }
  const cert = await certificates(files.certificate, 'tls.certificate');
  const key = await read(files.key, 'tls.key');
  refuseMismatch(cert, key, files);
  return {
    cert,
    key,
    clients: [...given, await authority.certificate()],
    trusted: ca === undefined ? undefined : await certificates(ca, 'tls.ca'),
  };
}

async function read(file: string, name: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError('config', `${name}: ${file} cannot be read (${explain(cause)})`, { cause });
  }
}

/** What a file holds, if that is certificates. */
async function certificates(file: string, name: string): Promise<string> {
  const text = await read(file, name);
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const pem of found) new X509Certificate(pem);
  } catch (cause) {
    throw new AppError('config', `${name}: ${file} holds a certificate that cannot be read`, {
      cause,
    });
  }
  // Nothing else of the file is handed out, were there a private key in it.
  if (found.length > 0) return `${found.join('\n')}\n`;
  throw new AppError('config', `${name}: ${file} holds no certificate`, {
    hint: 'it is expected as PEM: -----BEGIN CERTIFICATE-----',
  });
}

function refuseMismatch(cert: string, key: string, files: NonNullable<TlsSettings['files']>): void {
  let belongs = false;
  try {
    belongs = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw new AppError('config', `tls.key: ${files.key} holds no private key that can be used`, {
      cause,
      hint: 'it is expected as PEM, and without a passphrase',
    });
  }
  if (belongs) return;
  throw new AppError('config', `tls.key: ${files.key} is not the key of ${files.certificate}`, {
    hint: "the server's certificate comes first in its file, and others of its chain after it",
  });
}
