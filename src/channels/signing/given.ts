import { readFile } from 'node:fs/promises';
import type { PrivateKey } from 'openpgp';
import { AppError, errorCode } from '../../base/errors.ts';
import { openpgp } from './openpgp.ts';

/** A private key that an administrator gives; absolute paths. */
export interface GivenKey {
  key: string;
  passphraseFile?: string | undefined;
}

const fewestBits = 2048;

/** Reads a given key, without its passphrase from here on. Throws AppError 'config', which quotes nothing of what was read. */
export async function readGiven({ key: path, passphraseFile }: GivenKey): Promise<PrivateKey> {
  const { decryptKey, readPrivateKeys } = await openpgp();
  const wrong = (what: string, hint: string) =>
    new AppError('config', `signing.key: ${path} ${what}`, { hint });
  const text = await readText('signing.key', path);
  if (text.includes('-----BEGIN PGP PUBLIC KEY'))
    throw wrong('is a public key', 'name the private one: gpg --armor --export-secret-keys');
  // Of several blocks the library reads the first.
  const blocks = text.split('-----BEGIN PGP PRIVATE KEY').length - 1;
  const keys = await readPrivateKeys({ armoredKeys: text }).catch(() => []);
  const [key] = keys;
  if (!key)
    throw wrong('holds no private key that can be read', 'gpg --armor --export-secret-keys');
  if (keys.length > 1 || blocks > 1)
    throw wrong('holds several keys', 'put each in a file of its own');
  const locked = key.getKeys().some(({ keyPacket }) => isLocked(keyPacket));
  if (!locked) return usable(key, wrong);
  if (!passphraseFile)
    throw wrong('is protected by a passphrase', 'name a file that holds it: passphrase_file');
  const passphrase = (await readText('signing.passphrase_file', passphraseFile)).replace(
    /[\r\n]+$/,
    '',
  );
  // Without the cause, which may quote what it was given.
  const open = await decryptKey({ privateKey: key, passphrase }).catch(() => undefined);
  if (!open)
    throw wrong(
      `is not opened by the passphrase in ${passphraseFile}`,
      'check that the file holds the passphrase on one line, and nothing else',
    );
  return usable(open, wrong);
}

async function usable(
  key: PrivateKey,
  wrong: (what: string, hint: string) => AppError,
): Promise<PrivateKey> {
  const id = key.getFingerprint();
  const expires = await key.getExpirationTime().catch(() => null);
  if (expires instanceof Date && expires.getTime() <= Date.now())
    throw wrong(
      `has expired on ${expires.toISOString().slice(0, 10)} (${id})`,
      'lengthen its life and export it again, or give another',
    );
  const { config } = await openpgp();
  const anySize = { ...config, minRSABits: 512 };
  const signing = await key
    .getSigningKey(undefined, undefined, undefined, anySize)
    .catch(() => undefined);
  if (!signing || !('isDummy' in signing.keyPacket) || signing.keyPacket.isDummy())
    throw wrong(
      `cannot sign (${id}): it was revoked, is not meant for it, or its private part is not there`,
      'give another',
    );
  const { algorithm, bits = 0 } = signing.getAlgorithmInfo();
  if (!algorithm.startsWith('rsa') || bits < fewestBits || signing.keyPacket.version !== 4)
    throw wrong(
      `is not a key that every client knows (${id}, ${algorithm}${bits ? `, ${bits} bits` : ''})`,
      'give an RSA key of 3072 or 4096 bits, version 4',
    );
  return key;
}

function isLocked(packet: PrivateKey['keyPacket'] | object): boolean {
  return 'isDummy' in packet && !packet.isDummy() && !packet.isDecrypted();
}

async function readText(what: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error) => {
    throw new AppError('config', `${what}: ${path} cannot be read (${errorCode(error)})`, {
      hint: 'check the path, and that this user may read it',
    });
  });
}
