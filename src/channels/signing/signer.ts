import { AppError } from '../../base/errors.ts';
import { openpgp } from './openpgp.ts';

/**
 * An armoured detached signature of bytes: a version 4 signature by each key (armoured, without passphrase) at a time or
 * now. What all clients expect: SHA-256, no notations, the armour's checksum. Where there are several keys, gpg and dnf
 * take a good signature by any. Others look at one alone, which is to be by the key that clients have known longest,
 * given first: yum 3.2 at the first, librepo without gpgme at the first block of armour, which must hold but one, and
 * libzypp at the last. So each has a block of its own, and the first one comes once more at the end.
 */
export async function signDetached(
  text: Buffer,
  privateKeys: string[],
  date = new Date(),
): Promise<Buffer> {
  const blocks = await Promise.all(privateKeys.map((key) => signWith(key, text, date)));
  return Buffer.from([...blocks, ...(blocks.length > 1 ? blocks.slice(0, 1) : [])].join(''));
}

async function signWith(armored: string, text: Buffer, date: Date): Promise<string> {
  const { armor, createMessage, enums, readPrivateKey, sign } = await openpgp();
  const key = await readPrivateKey({ armoredKey: armored });
  const signature = await sign({
    message: await createMessage({ binary: new Uint8Array(text) }),
    signingKeys: key,
    detached: true,
    format: 'binary',
    // gpg takes no signature that is older than its key.
    date: new Date(Math.max(date.getTime(), key.getCreationTime().getTime())),
    config: {
      preferredHashAlgorithm: enums.hash.sha256,
      nonDeterministicSignaturesViaNotation: false,
    },
  }).catch((error) => {
    throw new AppError('config', `the key ${key.getFingerprint()} cannot sign any more`, {
      cause: error,
      hint: 'it may have expired: `headwater key list` names the keys; give another or make one',
    });
  });
  const bytes = signature as Uint8Array<ArrayBuffer>;
  const block = armor(enums.armor.signature, bytes, undefined, undefined, undefined, true);
  return block.replaceAll('\r\n', '\n');
}
