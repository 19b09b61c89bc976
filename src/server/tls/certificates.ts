import type { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate and its private key (PKCS #8), both as PEM. */
export interface Pair {
  certificate: string;
  key: string;
}

/** RSA with SHA-256, which clients of Oracle Linux 6 know, too. */
const algorithm = (modulusLength: number) => ({
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength,
});

const day = 86_400_000;
/** For how long an authority is good, in days. */
const decade = 3653;

/** Makes an authority, whose certificate it signs itself. */
export async function makeAuthority(name: string, now = Date.now()): Promise<Pair> {
  const signingAlgorithm = algorithm(3072);
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm,
    ...validity(now, decade),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pairOf(certificate, keys);
}

/** What a certificate is made for. */
export interface Wanted {
  commonName: string;
  /** Host names and addresses of a server; without them it is a client's. */
  names?: readonly string[];
  /** For how long, from now. Never longer than the authority. */
  days: number;
}

/** Makes a key, and a certificate for it that an authority signs. */
export async function makeCertificate(
  authority: Pair,
  { commonName, names, days }: Wanted,
  now = Date.now(),
): Promise<Pair> {
  const issuer = new X509Certificate(authority.certificate);
  const signingAlgorithm = algorithm(2048);
  const signingKey = await crypto.subtle.importKey(
    'pkcs8',
    PemConverter.decode(authority.key)[0]!,
    signingAlgorithm,
    false,
    ['sign'],
  );
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const usage = names ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth;
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
    new ExtendedKeyUsageExtension([usage]),
    await SubjectKeyIdentifierExtension.create(keys.publicKey),
    await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
  ];
  if (names) {
    const alternatives = names.map((value) => ({
      type: isIP(value) ? ('ip' as const) : ('dns' as const),
      value,
    }));
    extensions.push(new SubjectAlternativeNameExtension(alternatives));
  }
  const wanted = validity(now, days);
  const certificate = await X509CertificateGenerator.create({
    subject: [{ CN: [commonName] }],
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm,
    notBefore: wanted.notBefore,
    notAfter: wanted.notAfter < issuer.notAfter ? wanted.notAfter : issuer.notAfter,
    extensions,
  });
  return pairOf(certificate, keys);
}

/** From a day ago on, for clients whose clock is behind. */
function validity(now: number, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now - day), notAfter: new Date(now + days * day) };
}

async function pairOf(
  certificate: X509Certificate,
  keys: { privateKey: webcrypto.CryptoKey },
): Promise<Pair> {
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: `${PemConverter.encode(key, 'PRIVATE KEY')}\n`,
  };
}
