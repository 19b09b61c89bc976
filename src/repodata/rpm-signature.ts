import { hash } from 'node:crypto';
import { readHeader } from './rpm-header.ts';

/** What an rpm's signature header and header say of how it can be checked. */
export interface RpmSignatures {
  /** OpenPGP signatures over the header. */
  header: Buffer[];
  /** OpenPGP signatures over header and payload together, as old rpms have them. */
  whole: Buffer[];
  /** Names of the header digests that differ from the header, such as `sha256`. */
  wrongDigests: string[];
  /** The digest of the payload as the header has it. */
  payload: { type: 'sha256' | 'sha384' | 'sha512'; value: string } | undefined;
}

/** Tags of the signature header (rpm's include/rpm/rpmtag.h); the last two are of the header. */
const tags = {
  dsa: 267,
  rsa: 268,
  openpgp: 278,
  sha1: 269,
  sha256: 273,
  pgpWhole: 1002,
  gpgWhole: 1005,
  payloadDigest: 5092,
  payloadDigestType: 5093,
} as const;

/** OpenPGP's numbers of the digests that a payload may have (RFC 9580, section 9.5). */
const payloadTypes: Record<number, 'sha256' | 'sha384' | 'sha512'> = {
  8: 'sha256',
  9: 'sha384',
  10: 'sha512',
};

/** Reads both headers' bytes. Throws AppError 'invalid'. */
export function readSignatures(signature: Buffer, header: Buffer): RpmSignatures {
  const from = readHeader(signature, 'signature');
  const main = readHeader(header, 'header');
  const held = (...names: number[]) =>
    names.map((tag) => from.binary(tag)).filter((b) => b !== undefined);
  const openpgp = (from.strings(tags.openpgp) ?? []).map((text) => Buffer.from(text, 'base64'));
  const wrongDigests = (['sha1', 'sha256'] as const).filter((type) => {
    const announced = from.strings(tags[type])?.[0];
    return announced !== undefined && announced.toLowerCase() !== hash(type, header);
  });
  const type = payloadTypes[main.number(tags.payloadDigestType) ?? 0];
  const value = main.strings(tags.payloadDigest)?.[0]?.toLowerCase();
  return {
    header: [...held(tags.rsa, tags.dsa), ...openpgp],
    whole: held(tags.pgpWhole, tags.gpgWhole),
    wrongDigests,
    payload: type && value ? { type, value } : undefined,
  };
}
