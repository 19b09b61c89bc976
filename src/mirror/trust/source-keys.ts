import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AppError, errorCode, explain } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { shownUrl } from '../../base/redact.ts';
import type { KeyEntry, MirroredSource } from '../../base/source.ts';
import { definitionOf, type KeyFile, keysOf, type Manifest } from '../../store/objects/manifest.ts';
import type { Objects } from '../../store/objects/objects.ts';
import { httpGet } from '../http-upstream.ts';
import { readSmall } from '../mirrors.ts';
import { armored, type Certificate, readCertificates } from './certificates.ts';

interface KeyOptions {
  objects: Objects;
  /** The revision before, whose keys stand in for those at an address that cannot be reached. */
  before: Manifest | undefined;
  signal: AbortSignal | undefined;
  warnings: string[];
}

/**
 * The keys of a source, put into the object store. Throws AppError 'untrusted' where an entry holds no public key, or
 * not the one of its fingerprint, or cannot be had at all where something hangs on it.
 */
export async function fetchKeys(source: MirroredSource, options: KeyOptions): Promise<KeyFile[]> {
  const files = await Promise.all(source.gpgKeys.map((entry) => fetchKey(source, entry, options)));
  return files.filter((file) => file !== undefined);
}

/** Whether keys are to be read again: entries came or went, or a key on this machine changed. Asks no upstream. */
export async function keysChanged(source: MirroredSource, before: Manifest): Promise<boolean> {
  const had = before.keys ?? [];
  const definitions = source.gpgKeys.map(definitionOf);
  if (had.some((file) => !definitions.includes(file.definition))) return true;
  for (const entry of source.gpgKeys) {
    const file = had.find((f) => f.definition === definitionOf(entry));
    if (!file) return true;
    if (isRemote(entry)) continue;
    const bytes = await readLocal(entry).catch(() => undefined);
    if (!bytes || hash('sha256', bytes) !== file.document) return true;
  }
  return false;
}

/** The certificates of a revision's keys. Throws AppErrors where an object is missing or damaged. */
export async function readKeyFiles(objects: Objects, files: KeyFile[]): Promise<Certificate[]> {
  const read = files.map(async (file) => readCertificates(await objects.read(file.sha256)));
  return (await Promise.all(read)).flat();
}

async function fetchKey(
  source: MirroredSource,
  entry: KeyEntry,
  options: KeyOptions,
): Promise<KeyFile | undefined> {
  const definition = definitionOf(entry);
  const from = shownKey(entry);
  const about = `source ${source.label}: ${from} cannot be read as a key`;
  let bytes: Buffer;
  try {
    bytes = isRemote(entry)
      ? await readSmall(await httpGet(entry.key, source, { signal: options.signal }), from)
      : await readLocal(entry);
  } catch (error) {
    if (error instanceof AppError && error.kind === 'cancelled') throw error;
    const known = keysOf(source, options.before).find((file) => file.definition === definition);
    if (known && isRemote(entry) && (await options.objects.find(known.sha256))) {
      options.warnings.push(
        `${from} cannot be had; its keys of before are used (${explain(error)})`,
      );
      return known;
    }
    const needed = source.verifyRepomd === 'required' || source.verifyPackages === 'signature';
    if (needed || !isRemote(entry)) throw refusal(about, error);
    options.warnings.push(
      `${from} cannot be had, so that its keys are missing (${explain(error)})`,
    );
    return undefined;
  }
  try {
    const text = await publicText(entry, bytes);
    const content = Buffer.from(text.armored);
    const sha256 = await options.objects.put(content);
    const fingerprints = text.keys.map((c) => c.fingerprint);
    const document = hash('sha256', bytes);
    return { definition, from, document, sha256, size: content.length, fingerprints };
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'no_space') throw error;
    throw refusal(about, error);
  }
}

/** The keys of an entry that its fingerprint allows, armoured anew: nothing but public packets. Throws AppErrors. */
async function publicText(entry: KeyEntry, bytes: Buffer) {
  const all = await readCertificates(bytes);
  const wanted = entry.fingerprint;
  const keys = wanted ? all.filter((c) => c.fingerprint === wanted) : all;
  if (keys.length === 0) {
    const owner = all.find(({ key }) => key.subkeys.some((s) => s.getFingerprint() === wanted));
    if (owner)
      throw new AppError('untrusted', `${wanted} is a subkey of the key ${owner.fingerprint}`, {
        hint: 'name the primary key in gpg_keys, if the vendor says that it is right',
      });
    const found = all.map((c) => c.fingerprint).join(', ');
    throw new AppError(
      'untrusted',
      `it holds ${found}, not the key ${wanted} that gpg_keys names`,
      {
        hint: 'ask the vendor which one is right before the fingerprint is changed',
      },
    );
  }
  return { keys, armored: await armored(keys) };
}

/** What is wrong with a key file that the system does not read, by its codes. */
const unreadable: Record<string, string> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this process may not read it',
  EPERM: 'this process may not read it',
};

async function readLocal({ key }: KeyEntry): Promise<Buffer> {
  if (isInline(key)) return Buffer.from(key);
  const bytes = await readFile(key.startsWith('file:') ? new URL(key) : key).catch((error) => {
    const code = errorCode(error);
    const why = unreadable[code ?? ''] ?? `it cannot be opened, ${code}`;
    throw new AppError('invalid', why, { cause: error });
  });
  if (bytes.length > limits.smallDocument)
    throw new AppError('limit', `it is larger than ${limits.smallDocument} bytes`);
  return bytes;
}

const isInline = (key: string): boolean => key.includes('-----BEGIN PGP');
const isRemote = ({ key }: KeyEntry): boolean => !isInline(key) && /^https?:/.test(key);

/** An entry as it may be shown. */
function shownKey({ key }: KeyEntry): string {
  if (isInline(key)) return 'the inline key';
  return /^(https?|file):/.test(key) ? shownUrl(key) : key;
}

function refusal(about: string, error: unknown): AppError {
  const ours =
    error instanceof AppError && (error.kind === 'invalid' || error.kind === 'untrusted');
  const hint = (ours && error.hint) || 'check gpg_keys';
  const said = error instanceof AppError ? error.message : explain(error);
  return new AppError('untrusted', `${about} (${said})`, { cause: error, hint });
}
