import { AppError, explain } from '../base/errors.ts';
import type { MirroredSource } from '../base/source.ts';
import { announce } from '../base/steps.ts';
import type { Catalogue, PackageFile } from '../store/catalogue/catalogue.ts';
import { findHolding } from '../store/collect/find-holding.ts';
import type { StoredObject } from '../store/objects/objects.ts';
import type { Revision } from '../store/state/revisions.ts';
import { isAbsent } from './located.ts';
import { type FailedPackage, fetchPackages } from './package-batch.ts';
import type { SyncRun } from './sync-run.ts';

const lookedUpAtOnce = 64;

/**
 * Fetches the packages that are not held yet, where the source wants them with its sync. Those that upstream does not have
 * are a warning, as are those with another digest where packages need not be right; those whose signature is refused are
 * set aside. Other failures fail the sync, whose revision is served all the same.
 */
export async function mirrorPackages(run: SyncRun, revision: Revision): Promise<void> {
  const { deps, source, lease, signal, progress, tell, onBytes, warnings } = run;
  if (source.packages !== 'immediate') return;
  tell({ step: 'packages', packages: 0 });
  const all = await packagesOfSync(deps.catalogue, source, revision);
  const missing: PackageFile[] = [];
  for (let at = 0; at < all.length; at += lookedUpAtOnce) {
    if (signal?.aborted) throw new AppError('cancelled', 'the sync was cancelled');
    const some = all.slice(at, at + lookedUpAtOnce);
    const held = await Promise.all(
      some.map(({ checksum }) => findHolding(deps.objects, lease, checksum)),
    );
    for (const [i, pkg] of some.entries()) {
      if (held[i]) await lookInto(pkg, held[i]);
      else missing.push(pkg);
    }
  }
  tell({
    packages: all.length - missing.length,
    totalBytes: progress.bytes + missing.reduce((sum, { size }) => sum + size, 0),
  });
  const ended = await fetchPackages(deps, run.mirrors, missing, {
    source,
    signal,
    onBytes,
    onPackage: () =>
      tell({ packages: progress.packages + 1, packagesFetched: progress.packagesFetched + 1 }),
    onStep: (step) => announce(source.label, `package ${step}`),
  });
  const failed = ended.filter(({ error }) => error.kind !== 'untrusted');
  for (const { error } of ended) if (error.kind === 'untrusted') refuse(error);
  if (run.refused[0])
    warnings.push(
      `${run.refused.length} packages are refused, the first being ${run.refused[0].reason}`,
    );
  const passable = ({ error }: FailedPackage) =>
    isAbsent(error) || (source.verifyPackages === 'off' && error.kind === 'checksum');
  const [first] = failed.toSorted((a, b) => Number(passable(a)) - Number(passable(b)));
  if (!first) return;
  const sentence = `${failed.length} packages could not be fetched, the first being ${first.location}: ${explain(first.error)}`;
  if (!passable(first)) throw new AppError(first.error.kind, sentence, { cause: first.error });
  warnings.push(sentence);

  /** One that is held may have been stored for a source that takes any. */
  async function lookInto(pkg: PackageFile, held: StoredObject): Promise<void> {
    try {
      await deps.packageTrust.requireTrusted(source, held, pkg.location);
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'untrusted') throw error;
      refuse(error);
    }
  }

  function refuse(error: AppError): void {
    run.refused.push({ document: 'packages', reason: explain(error) });
  }
}

/** The packages that a sync of this source fetches: none, all, or the newest builds of each. */
export async function packagesOfSync(
  catalogue: Catalogue,
  source: MirroredSource,
  { number }: Revision,
): Promise<PackageFile[]> {
  if (source.packages !== 'immediate') return [];
  return catalogue.packages(source.label, number, source.newest);
}
