import { AppError, explain } from '../base/errors.ts';
import type { Source } from '../base/source.ts';
import type { Catalogue, PackageFile } from '../store/catalogue/catalogue.ts';
import type { Revision } from '../store/state/revisions.ts';
import { isAbsent } from './located.ts';
import { fetchPackages } from './package-batch.ts';
import type { SyncRun } from './sync-run.ts';

const lookedUpAtOnce = 64;

/**
 * Fetches the packages that are not held yet, where the source wants them with its sync. Those that upstream does not have
 * are a warning; other failures fail the sync, whose revision is served all the same.
 */
export async function mirrorPackages(run: SyncRun, revision: Revision): Promise<void> {
  const { deps, source, signal, progress, tell, onBytes, warnings } = run;
  if (source.packages !== 'immediate') return;
  tell({ step: 'packages', packages: 0 });
  const all = await packagesOfSync(deps.catalogue, source, revision);
  const missing: PackageFile[] = [];
  for (let at = 0; at < all.length; at += lookedUpAtOnce) {
    if (signal?.aborted) throw new AppError('cancelled', 'the sync was cancelled');
    const some = all.slice(at, at + lookedUpAtOnce);
    const held = await Promise.all(some.map(({ checksum }) => deps.objects.findBy(checksum)));
    missing.push(...some.filter((_, i) => !held[i]));
  }
  tell({
    packages: all.length - missing.length,
    totalBytes: progress.bytes + missing.reduce((sum, { size }) => sum + size, 0),
  });
  const failed = await fetchPackages(deps, run.mirrors, missing, {
    signal,
    onBytes,
    onPackage: () =>
      tell({ packages: progress.packages + 1, packagesFetched: progress.packagesFetched + 1 }),
  });
  const [first] = failed.toSorted((a, b) => Number(isAbsent(a.error)) - Number(isAbsent(b.error)));
  if (!first) return;
  const sentence = `${failed.length} packages could not be fetched, the first being ${first.location}: ${explain(first.error)}`;
  if (!isAbsent(first.error))
    throw new AppError(first.error.kind, sentence, { cause: first.error });
  warnings.push(sentence);
}

/** The packages that a sync of this source fetches: none, all, or the newest builds of each. */
export async function packagesOfSync(
  catalogue: Catalogue,
  source: Source,
  { number }: Revision,
): Promise<PackageFile[]> {
  if (source.packages !== 'immediate') return [];
  return catalogue.packages(source.label, number, source.newest);
}
