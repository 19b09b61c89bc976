import type { PublicKey } from 'openpgp';
import { AppError } from '../../base/errors.ts';
import { dearmor } from './armor.ts';
import { openpgp } from './openpgp.ts';
import { type Packet, readPackets, tagOf } from './packets.ts';

/** A primary public key with what belongs to it. */
export interface Certificate {
  /** Of the primary key, in lower-case hexadecimal digits. */
  fingerprint: string;
  key: PublicKey;
  /** Its packets, and no others. */
  bytes: Buffer;
}

const mostCertificates = 100;
const kept: ReadonlySet<number> = new Set([
  tagOf.signature,
  tagOf.publicKey,
  tagOf.userId,
  tagOf.publicSubkey,
  tagOf.userAttribute,
]);

/**
 * Reads a document of public keys, armoured or not. Keys of kinds that are not known any more or not yet are left out.
 * Throws AppError 'invalid' where there is none, and where there is private key material.
 */
export async function readCertificates(document: Buffer): Promise<Certificate[]> {
  if (document.includes('-----BEGIN PGP PRIVATE KEY')) throw isPrivate();
  const packets = readPackets(dearmor(document, 'PUBLIC KEY BLOCK'));
  if (packets.some((p) => p.tag === tagOf.secretKey || p.tag === tagOf.secretSubkey))
    throw isPrivate();
  const groups: Packet[][] = [];
  for (const packet of packets) {
    if (packet.tag === tagOf.publicKey) groups.push([]);
    if (kept.has(packet.tag)) groups.at(-1)?.push(packet);
  }
  if (groups.length > mostCertificates)
    throw new AppError('invalid', `there are more than ${mostCertificates} keys`);
  const { readKey } = await openpgp();
  const found: Certificate[] = [];
  for (const group of groups) {
    const bytes = Buffer.concat(group.map((p) => p.whole));
    const key = await readKey({ binaryKey: bytes }).catch(() => undefined);
    if (key) found.push({ fingerprint: key.getFingerprint(), key: key as PublicKey, bytes });
  }
  if (found.length === 0) throw new AppError('invalid', 'there is no public key that can be read');
  return found;
}

/** Certificates as armoured text, a block for each: rpm reads one key of a block. */
export async function armored(certificates: Certificate[]): Promise<string> {
  const { armor, enums } = await openpgp();
  // With the checksum, without which rpm of releases up to 9 takes none.
  const blocks = certificates.map(({ bytes }) =>
    armor(enums.armor.publicKey, new Uint8Array(bytes), undefined, undefined, undefined, true),
  );
  return blocks.join('').replaceAll('\r\n', '\n');
}

const isPrivate = () =>
  new AppError('invalid', 'it is a private key, which belongs nowhere but with its owner', {
    hint: 'export the public key and name that; consider this private key as known to others',
  });
