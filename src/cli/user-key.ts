import { generateKeyPair } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { AppError, errorCode, explain } from '../base/errors.ts';
import { profileText } from '../identity/profile.ts';
import type { Config } from './config.ts';
import { print, shownTime, table } from './output.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';

const bits = 2048;

/**
 * Lets a user sign with a key: that of a file, or a new one whose private half goes into a new file `out`. Prints a profile
 * with it where the private half's place is known.
 */
export async function addUserKey(
  config: Config,
  user: string,
  { file, out, json }: { file?: string | undefined; out?: string | undefined; json: boolean },
): Promise<void> {
  if ((file === undefined) === (out === undefined)) {
    throw new AppError('usage', 'either a file with a public key is named, or --out for a new one');
  }
  const made = out === undefined ? undefined : await newKey();
  const pem = made?.publicKey ?? (await readKey(file!));
  // Before anybody relies on it.
  if (made) await writeNew(out!, made.privateKey);
  const added = await withOperations(config, (o) => o.addApiKey(user, pem, { by: userName() }));
  const { fingerprint, userOcid, tenancy } = added;
  const profile =
    out === undefined
      ? null
      : profileText({ user: userOcid, tenancy, fingerprint, keyFile: resolve(out) });
  print(json, { ...added, profile }, () => profile?.trimEnd() ?? fingerprint);
}

export async function listUserKeys(
  config: Config,
  user: string | undefined,
  json: boolean,
): Promise<void> {
  const keys = await withOperations(config, (o) => o.listApiKeys(user ?? null));
  print(json, keys, () => {
    if (keys.length === 0) return 'there are no keys';
    const rows = keys.map((k) => [k.user, k.fingerprint, shownTime(k.createdAt)]);
    return table([['USER', 'FINGERPRINT', 'ADDED'], ...rows]);
  });
}

export async function removeUserKey(
  config: Config,
  user: string,
  { fingerprint, json }: { fingerprint: string; json: boolean },
): Promise<void> {
  await withOperations(config, (o) => o.removeApiKey(user, fingerprint, { by: userName() }));
  print(json, { user, removed: fingerprint }, () => `${user} signs with ${fingerprint} no more`);
}

async function newKey(): Promise<{ publicKey: string; privateKey: string }> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

async function readKey(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new AppError('usage', `${file} cannot be read (${explain(error)})`, { cause: error });
  }
}

/** Writes a file that only this user may read. Throws AppError 'usage' where there is one. */
async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const said = errorCode(error) === 'EEXIST' ? 'is there already' : `(${explain(error)})`;
    throw new AppError('usage', `${file} cannot be written: it ${said}`, { cause: error });
  }
}
