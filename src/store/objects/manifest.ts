import { hash } from 'node:crypto';
import type { Checksum } from '../../base/digest.ts';
import { AppError } from '../../base/errors.ts';
import type { KeyEntry, MirroredSource } from '../../base/source.ts';
import { readJson } from './json.ts';
import type { Objects } from './objects.ts';
import { readTree } from './tree.ts';

/** One revision of a mirrored source: everything that is kept of it. */
export interface Manifest {
  /** Manifests of the revisions that this one came from. */
  parents: string[];
  /** repomd.xml's own revision text, and the newest timestamp that it gives, in seconds (0 if none). */
  upstreamRevision: string;
  newest: number;
  /** Upstream's files as they came, by path below the source's root; repomd.xml and its signature among them. */
  files: ManifestFile[];
  /** Trees of the documents that were cut into fragments. */
  trees: Partial<Record<CutDocument, string>>;
  /** Types of the documents that repomd.xml lists and upstream did not have. */
  absent: string[];
  /** What the signature check of repomd.xml found. */
  trust: Trust;
  /** The source's keys as they were then; absent in revisions of older versions. */
  keys?: KeyFile[];
}

/** What one entry of a source's `gpg_keys` held. */
export interface KeyFile {
  /** Which entry it was, see `definitionOf`. */
  definition: string;
  /** Where it came from, as it may be shown. */
  from: string;
  /** sha256 of the document as it came. */
  document: string;
  /** The object with the public keys, armoured, a block for each. */
  sha256: string;
  size: number;
  /** Of its primary keys, in lower-case hexadecimal digits. */
  fingerprints: string[];
}

export type CutDocument = 'primary' | 'filelists' | 'other' | 'updateinfo';

export interface ManifestFile {
  path: string;
  /** The `type` in repomd.xml; `repomd` and `signature` for repomd.xml and repomd.xml.asc. */
  type: string;
  sha256: string;
  size: number;
  /** The checksum that repomd.xml announced, if any. */
  checksum: Checksum | undefined;
}

export interface Trust {
  result: 'verified' | 'unsigned' | 'unverified' | 'off';
  /** Fingerprint of the primary key that signed, where it is one of the source's. */
  key?: string;
  /** Id of the key that signed, which may be a subkey. */
  keyId?: string;
  /** Verified while `verify.sha1` was on. */
  sha1?: true;
  /** Why it is unverified: for programs, and as the rest of a sentence. */
  problem?: string;
  reason?: string;
}

/** Names an entry of `gpg_keys`, so that another address or another fingerprint is another entry. */
export function definitionOf({ key, fingerprint }: KeyEntry): string {
  return hash('sha256', JSON.stringify([key, fingerprint ?? null]));
}

/** A revision's keys, without those of entries that the source does not name any more. */
export function keysOf(
  source: MirroredSource,
  manifest: Pick<Manifest, 'keys'> | undefined,
): KeyFile[] {
  const named = new Set(source.gpgKeys.map(definitionOf));
  return (manifest?.keys ?? []).filter((file) => named.has(file.definition));
}

export async function putManifest(objects: Objects, manifest: Manifest): Promise<string> {
  return objects.put(
    Buffer.from(JSON.stringify({ headwater: 'manifest', version: 1, ...manifest })),
  );
}

/** Throws AppError 'not_found' or 'invalid'. */
export async function readManifest(objects: Objects, sha256: string): Promise<Manifest> {
  return readJson<Manifest>(objects, sha256, 'manifest');
}

/** A manifest; undefined where it is missing or damaged. */
export async function findManifest(
  objects: Objects,
  sha256: string,
): Promise<Manifest | undefined> {
  try {
    return await readManifest(objects, sha256);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** Names of the objects of a revision that are missing, or cut short: its files, keys, trees and packs. */
export async function missingObjects(objects: Objects, manifest: Manifest): Promise<string[]> {
  const missing: string[] = [];
  const look = async (sha256: string, size?: number): Promise<boolean> => {
    const found = await objects.find(sha256);
    if (!found || (size !== undefined && found.size !== size)) missing.push(sha256);
    return found !== undefined;
  };
  for (const { sha256, size } of [...manifest.files, ...(manifest.keys ?? [])]) {
    await look(sha256, size);
  }
  const packs = new Set<string>();
  for (const name of Object.values(manifest.trees)) {
    if (!(await look(name))) continue;
    for (const [pack] of (await readTree(objects, name)).runs) packs.add(pack);
  }
  for (const pack of packs) await look(pack);
  return missing;
}
