import { AppError } from '../base/errors.ts';
import type { MirroredSource } from '../base/source.ts';
import type { PackageFile } from '../store/catalogue/catalogue.ts';
import type { FetchOptions } from './fetch.ts';
import { findMirrors } from './mirrors.ts';
import { type FailedPackage, fetchPackages } from './package-batch.ts';
import type { PackageDeps } from './packages.ts';

/**
 * Fetches packages of a source outside of a sync; those that came whole stay. Gives those that failed, which is all where no
 * mirror can be found. Throws AppErrors 'cancelled', 'no_space', 'disk'.
 */
export async function fetchHeld(
  deps: PackageDeps,
  source: MirroredSource,
  packages: readonly PackageFile[],
  options: Pick<FetchOptions, 'signal' | 'onBytes'> & { onPackage(): void },
): Promise<FailedPackage[]> {
  if (packages.length === 0) return [];
  try {
    const mirrors = await findMirrors(source, { signal: options.signal });
    return await fetchPackages(deps, mirrors, packages, { ...options, source });
  } catch (error) {
    if (options.signal?.aborted) throw new AppError('cancelled', 'the fetch was cancelled');
    const meetsAll = error instanceof AppError && !ofOurOwn.has(error.kind);
    if (!meetsAll) throw error;
    return packages.map(({ location }) => ({ location, error }));
  }
}

const ofOurOwn: ReadonlySet<string> = new Set(['cancelled', 'no_space', 'disk']);
