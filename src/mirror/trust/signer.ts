import type { Config, KeyID, PublicKey, Subkey } from 'openpgp';
import type { Certificate } from './certificates.ts';
import { openpgp } from './openpgp.ts';
import type { Verdict } from './verdict.ts';

/** A key that may have made a signature: a primary key or one of its subkeys. */
export interface Signer {
  certificate: Certificate;
  part: PublicKey | Subkey;
}

/** When a key must have been valid: now, or when it signed. */
export type When = 'now' | 'when_signed';

/** Those keys of the certificates that have an id of 16 lower-case hexadecimal digits. */
export function signersOf(certificates: readonly Certificate[], keyId: string): Signer[] {
  return certificates.flatMap((certificate) =>
    certificate.key
      .getKeys()
      .filter((part) => part.getKeyID().toHex() === keyId)
      .map((part) => ({ certificate, part: part as PublicKey | Subkey })),
  );
}

/** openpgp looks at no time at all. */
const anyTime = null as unknown as Date;

/**
 * Whether a key, whose strength is known, may sign, and could when it did: not revoked, bound to its primary key, meant for signing,
 * made before the signature, and not expired. A revocation counts for all that the key ever signed, as it does for gpg.
 */
export async function judgeSigner(
  { certificate: { key }, part }: Signer,
  signed: Date,
  when: When,
): Promise<Pick<Verdict, 'problem' | 'reason'>> {
  const { config, enums } = await openpgp();
  // Its own checks of strength know no more than the ones below, and no exceptions.
  const lenient: Config = Object.assign({}, config, {
    minRSABits: 1024,
    allowMissingKeyFlags: true,
    rejectPublicKeyAlgorithms: new Set([enums.publicKey.elgamal]),
  });
  if (await isRevoked(key, part)) return { problem: 'revoked_key', reason: 'its key is revoked' };
  const valid = await key
    .getSigningKey(part.getKeyID() as KeyID, null, undefined, lenient)
    .catch(() => undefined);
  if (!valid) return { problem: 'unusable_key', reason: 'its key is not one for signing' };
  const made = Math.max(key.getCreationTime().getTime(), part.getCreationTime().getTime());
  if (!(signed.getTime() >= made))
    return { problem: 'not_yet_valid', reason: 'it was made before its key' };
  const ends = await expiry(key, part);
  const at = when === 'now' ? Date.now() : signed.getTime();
  if (ends > at) return { problem: undefined, reason: '' };
  const day = ends > 0 ? ` on ${new Date(ends).toISOString()}` : '';
  return { problem: 'expired_key', reason: `its key expired${day}` };
}

async function isRevoked(key: PublicKey, part: PublicKey | Subkey): Promise<boolean> {
  const none = undefined as never;
  if (await key.isRevoked(none, none, anyTime)) return true;
  return part !== key && (part as Subkey).isRevoked(none, none, anyTime);
}

/** Milliseconds since 1970, or Infinity; 0 or NaN where it cannot be told. */
async function expiry(key: PublicKey, part: PublicKey | Subkey): Promise<number> {
  const ends = [
    await key.getExpirationTime(),
    part === key ? Number.POSITIVE_INFINITY : await (part as Subkey).getExpirationTime(anyTime),
  ];
  return Math.min(...ends.map((end) => (end === null ? 0 : Number(end))));
}
