import { AppError } from '../../base/errors.ts';
import type { Filters } from '../../base/filters.ts';
import { readJson } from './json.ts';
import type { Manifest } from './manifest.ts';
import type { Objects } from './objects.ts';

/**
 * One revision of a view or of a stage, or of a mirrored source that is rendered: what it is made of. It stores no
 * membership; that follows from the parents and the filters. An object, as manifests are, and named in their place.
 */
export interface Derived {
  /** What it draws from, in order of priority: of what two hold, the first one's is taken. */
  parents: DerivedParent[];
  /** What remains of the parents' packages; `asOf` has been resolved to the parents. */
  filters: Filters;
  /** How it is made into documents: another way is another revision. */
  rendering: Rendering;
}

export interface Rendering {
  compression: 'gzip' | 'zstd';
  sqlite: boolean;
  /** Fingerprints of the keys that sign it. */
  keys: string[];
}

export interface DerivedParent {
  label: string;
  /** Its revision's number; null where what it was at a time is no numbered revision. */
  revision: number | null;
  /** The object of its revision: a manifest, or derived itself. */
  manifest: string;
  /** Of its packages only these, each as name-epoch:version-release.arch; all where this is not there. */
  only?: string[];
}

export type RevisionObject =
  | { kind: 'mirrored'; manifest: Manifest }
  | { kind: 'derived'; derived: Derived };

/** The same parents and filters have the same name. */
export async function putDerived(objects: Objects, derived: Derived): Promise<string> {
  return objects.put(Buffer.from(JSON.stringify({ headwater: 'derived', version: 1, ...derived })));
}

/** What a revision's `manifest` names. Throws AppError 'not_found' or 'invalid'. */
export async function readRevision(objects: Objects, sha256: string): Promise<RevisionObject> {
  const value = await readJson<(Manifest | Derived) & { headwater: string }>(objects, sha256, [
    'manifest',
    'derived',
  ]);
  return value.headwater === 'derived'
    ? { kind: 'derived', derived: value as Derived }
    : { kind: 'mirrored', manifest: value as Manifest };
}

/** The same; undefined where it is missing or damaged. */
export async function findRevision(
  objects: Objects,
  sha256: string,
): Promise<RevisionObject | undefined> {
  try {
    return await readRevision(objects, sha256);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
