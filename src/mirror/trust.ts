import { readFile } from 'node:fs/promises';
import type { PublicKey } from 'openpgp';
import { AppError, explain } from '../base/errors.ts';
import { shownUrl } from '../base/redact.ts';
import type { Source } from '../base/source.ts';
import type { Trust } from '../store/objects/manifest.ts';
import { httpGet } from './http-upstream.ts';
import { readSmall } from './mirrors.ts';
import type { GetOptions } from './upstream.ts';

/**
 * Checks the detached signature of a repomd.xml against the source's keys. Throws AppError 'untrusted' where the
 * source requires a good one and there is none, or where it wants none but the one there is by a known key is wrong.
 */
export async function checkRepomd(
  source: Source,
  repomd: Buffer,
  signature: Buffer | undefined,
  get: GetOptions,
): Promise<Trust> {
  if (source.verifyRepomd === 'off') return { result: 'off' };
  const required = source.verifyRepomd === 'required';
  const refuse = (reason: string, hint: string) =>
    new AppError('untrusted', `source ${source.label}: ${reason}`, { hint });
  if (!signature) {
    if (required)
      throw refuse('repomd.xml is not signed', 'set verify.repomd: optional to take it so');
    return { result: 'unsigned' };
  }
  const keys = (await Promise.all(source.gpgKeys.map((key) => readKey(source, key, get)))).flat();
  if (keys.length === 0) {
    return { result: 'unverified', reason: 'the source has no gpg_keys' };
  }
  const verdict = await verifyDetached(repomd, signature, keys);
  if (verdict.result === 'wrong') {
    throw refuse(
      `the signature of repomd.xml is wrong (${verdict.reason})`,
      'the upstream may be in the middle of a publish: try again later',
    );
  }
  if (verdict.result === 'unverified' && required) {
    throw refuse(
      `the signature of repomd.xml cannot be trusted (${verdict.reason})`,
      'add the key to gpg_keys if it is the vendor’s',
    );
  }
  return verdict as Trust;
}

async function verifyDetached(
  bytes: Buffer,
  signature: Buffer,
  keys: PublicKey[],
): Promise<Trust | { result: 'wrong'; reason: string }> {
  const { createMessage, readSignature, verify } = await openpgp();
  const text = signature.toString('latin1');
  const parsed = await (text.includes('-----BEGIN')
    ? readSignature({ armoredSignature: text })
    : readSignature({ binarySignature: signature })
  ).catch(() => undefined);
  if (!parsed) return { result: 'wrong', reason: 'repomd.xml.asc is no signature' };
  const message = await createMessage({ binary: bytes });
  const { signatures } = await verify({ message, signature: parsed, verificationKeys: keys });
  let reason = 'it has no signature that can be read';
  let wrong = false;
  for (const one of signatures) {
    const id = one.keyID.toHex();
    const key = keys.find((k) => k.getKeys(one.keyID).length > 0);
    try {
      await one.verified;
      return { result: 'verified', key: key!.getFingerprint() };
    } catch (error) {
      wrong ||= key !== undefined;
      reason = key ? explain(error) : `it is by key ${id}, which is none of gpg_keys`;
    }
  }
  return { result: wrong ? 'wrong' : 'unverified', reason };
}

/** Loaded when it is needed: it is large, and most starts need it not. */
const openpgp = () => import('openpgp');

/** The keys at a URL, in a file, or in the text itself. Throws AppError 'config' where there is none. */
async function readKey(source: Source, key: string, get: GetOptions): Promise<PublicKey[]> {
  const inline = key.includes('-----BEGIN PGP');
  const remote = /^https?:/.test(key);
  const name = inline ? 'the inline key' : remote ? shownUrl(key) : key;
  try {
    const bytes = inline
      ? Buffer.from(key)
      : remote
        ? await readSmall(await httpGet(key, source, get), name)
        : await readFile(key.startsWith('file:') ? new URL(key) : key);
    const text = bytes.toString('latin1');
    const { readKeys } = await openpgp();
    return await (text.includes('-----BEGIN')
      ? readKeys({ armoredKeys: text })
      : readKeys({ binaryKeys: bytes }));
  } catch (error) {
    throw new AppError(
      'untrusted',
      `source ${source.label}: ${name} cannot be read as a key (${explain(error)})`,
      {
        cause: error,
        hint: 'check gpg_keys',
      },
    );
  }
}
