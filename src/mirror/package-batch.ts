import pLimit from 'p-limit';
import { AppError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { MirroredSource } from '../base/source.ts';
import type { PackageFile } from '../store/catalogue/catalogue.ts';
import { createGroupCommit } from '../store/objects/group-commit.ts';
import { mirrorsFor } from './elsewhere.ts';
import { type FetchOptions, fetchObject } from './fetch.ts';
import type { Mirrors } from './mirrors.ts';
import { type PackageDeps, placeOf, wanted } from './packages.ts';
import { together } from './together.ts';

export interface FailedPackage {
  location: string;
  error: AppError;
}

/** How many packages may wait, whole, for the flush that they share; each holds a file open. */
const mostUnflushed = 128;

/**
 * Fetches packages, several at a time, and puts them in their places in batches. What came whole stays, however this ends:
 * who asks again asks for the rest. Gives those that failed, with the error: 'untrusted' where an rpm is refused.
 */
export async function fetchPackages(
  deps: PackageDeps,
  mirrors: Mirrors,
  packages: readonly PackageFile[],
  options: FetchOptions & { source: MirroredSource; onPackage?: (pkg: PackageFile) => void },
): Promise<FailedPackage[]> {
  const failed: FailedPackage[] = [];
  const begun = pLimit(limits.parallelFetches + mostUnflushed);
  const slot = pLimit(limits.parallelFetches);
  const { promote } = createGroupCommit();
  await together(options.signal, packages, (pkg, stop) => begun(() => fetchOne(pkg, stop)));
  return failed;

  async function fetchOne(pkg: PackageFile, stop: AbortSignal): Promise<void> {
    try {
      if (stop.aborted) throw new AppError('cancelled', 'the sync was cancelled');
      await deps.packageTrust.refuseKnown(options.source, pkg.checksum, pkg.location);
      const gate = () => deps.packageTrust.gate(options.source, pkg.location);
      const { sha256 } = await fetchObject(
        deps,
        mirrorsFor(mirrors, placeOf(pkg)),
        { ...wanted(pkg), gate },
        {
          ...options,
          signal: stop,
          slot,
          commit: { ...options.commit, promote },
        },
      );
      await deps.objects.alias(pkg.checksum, sha256, promote);
      options.onPackage?.(pkg);
    } catch (error) {
      const fatal = !(error instanceof AppError) || ofOurOwn.has(error.kind);
      if (fatal) throw error;
      failed.push({ location: pkg.location, error });
    }
  }
}

/** Kinds of errors that would meet every other package as well. */
const ofOurOwn: ReadonlySet<string> = new Set(['cancelled', 'no_space', 'disk']);
