import type { PackageFile } from '../store/catalogue/catalogue.ts';
import { type Inspection, inspect } from '../store/objects/inspect.ts';
import { findMirrors } from './mirrors.ts';
import { fetchPackages } from './package-batch.ts';
import { packagesOfSync } from './packages-step.ts';
import { type Problem, reasonOf, type Verification } from './verify.ts';

interface Broken {
  pkg: PackageFile;
  problem: Problem;
  remove: Inspection['remove'];
}

/** Verifies the packages of a revision that are held; where the sync fetches them, that they are. */
export async function verifyPackages(v: Verification): Promise<void> {
  const { deps, source, label, revision, report } = v;
  const { objects, catalogue } = deps;
  const broken: Broken[] = [];
  const note = (pkg: PackageFile, sha256: string, { state, remove }: Inspection) => {
    if (state === 'intact') return;
    const what = { kind: 'package', path: pkg.location, sha256, problem: state } as const;
    const problem: Problem = { ...what, repair: null, reason: null };
    report.problems.push(problem);
    broken.push({ pkg, problem, remove });
  };
  for (const pkg of await catalogue.packages(label, revision.number)) {
    const held = await objects.findBy(pkg.checksum);
    if (!held) continue;
    note(pkg, held.sha256, await inspect(objects, held.sha256, { ...v, checksum: pkg.checksum }));
    v.tell({ packages: ++report.packages });
  }
  const wanted = source ? await packagesOfSync(catalogue, source, revision) : [];
  for (const pkg of wanted) {
    if (await objects.findBy(pkg.checksum)) continue;
    note(pkg, pkg.checksum.value, { state: 'missing', remove: async () => {} });
  }
  if (v.repair && broken.length > 0) await mend(v, broken);
}

async function mend(v: Verification, broken: readonly Broken[]): Promise<void> {
  v.tell({ step: 'repair' });
  const problemOf = new Map(broken.map(({ pkg, problem }) => [pkg, problem]));
  try {
    const mirrors = await findMirrors(v.source!, { signal: v.signal });
    const failed = await fetchPackages(v.deps, mirrors, [...problemOf.keys()], {
      source: v.source!,
      signal: v.signal,
      commit: { replace: true },
      onPackage: (pkg) => {
        problemOf.get(pkg)!.repair = 'fetched';
      },
    });
    for (const { location, error } of failed) {
      const found = broken.find(({ pkg }) => pkg.location === location);
      if (found) found.problem.reason = reasonOf(error);
    }
  } catch (error) {
    const reason = reasonOf(error);
    for (const { problem } of broken) if (problem.repair === null) problem.reason = reason;
  }
  for (const { pkg, problem, remove } of broken) {
    if (problem.repair !== null || problem.problem !== 'damaged') continue;
    await remove();
    await v.deps.objects.unalias(pkg.checksum);
    problem.repair = 'removed';
  }
}
