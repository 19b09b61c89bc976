import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../base/errors.ts';
import { noFilters } from '../base/filters.ts';
import type { Catalogue, PackageFile } from '../store/catalogue/catalogue.ts';
import { type DerivedParent, readRevision } from '../store/objects/derived.ts';
import type { Objects } from '../store/objects/objects.ts';

/** A package and the mirrored source that it comes from. */
export interface OriginPackage {
  label: string;
  pkg: PackageFile;
}

/** Lists the packages of revisions, each once. */
export function createPackageLists({
  objects,
  catalogue,
}: {
  objects: Objects;
  catalogue: Catalogue;
}) {
  /** Throws AppErrors; of what is filtered, nothing can be told here. */
  async function of(revision: DerivedParent): Promise<OriginPackage[]> {
    const found = new Map<string, OriginPackage>();
    await collect(revision, found);
    return [...found.values()];
  }

  async function collect(revision: DerivedParent, to: Map<string, OriginPackage>): Promise<void> {
    const object = await readRevision(objects, revision.manifest);
    if (object.kind === 'derived') {
      requireUnfiltered(revision, isDeepStrictEqual(object.derived.filters, noFilters));
      for (const parent of object.derived.parents) await collect(parent, to);
      return;
    }
    const { label, revision: number } = revision;
    if (number === null) return;
    for (const pkg of await catalogue.packages(label, number)) {
      const key = `${pkg.checksum.type}:${pkg.checksum.value}`;
      if (!to.has(key)) to.set(key, { label, pkg });
    }
  }

  return { of };
}

function requireUnfiltered({ label }: DerivedParent, unfiltered: boolean): void {
  if (unfiltered) return;
  throw new AppError('invalid', `the packages of ${label}, which is filtered, cannot be listed`);
}
