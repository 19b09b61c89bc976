import { type Dependency, shownDependency } from '../../repodata/dependencies.ts';
import { dependenciesIn } from '../../repodata/rich-dependency.ts';
import type { ModulesOf } from '../../store/catalogue/module-streams.ts';
import { partialAdvisories } from '../../store/catalogue/partial-advisories.ts';
import { findFiles } from './file-search.ts';
import {
  type CheckDeps,
  type Part,
  partsOf,
  type RevisionOf,
  readModules,
  readPackages,
  rowsIn,
  wholeParts,
} from './gather.ts';
import { lostModules } from './lost-modules.ts';
import {
  createPackageSet,
  meets,
  nevraOf,
  type PackageSet,
  providersIn,
  richOf,
  shownNevra,
} from './package-set.ts';
import { candidatesFor, propose } from './proposals.ts';
import type { PartialAdvisory, Report } from './report.ts';
import { activeBuilds, hideModular } from './visibility.ts';

export interface CheckOptions {
  /** Sources whose packages count as there, but are not checked. */
  with: RevisionOf[];
  /** The stream of the module `platform` that machines have, such as `el8`; undefined if any will do. */
  platform: string | undefined;
}

const mostCandidates = 5;

/** Checks a revision; the report is whole. Throws AppErrors. */
export async function checkContent(
  deps: CheckDeps,
  subject: RevisionOf,
  { with: others, platform }: CheckOptions,
): Promise<Report> {
  const parts = await partsOf(deps, subject);
  const helpers = (await Promise.all(others.map((o) => partsOf(deps, o)))).flat();
  const set = createPackageSet();
  for (const part of [...parts, ...helpers]) {
    const { label } = part.origin;
    const checked = parts.includes(part);
    await readPackages(deps, part, { take: (d) => set.add(d, { label, checked }) });
  }
  const modules = await readModules(deps, [...parts, ...helpers]);
  hideModular(set, modules, activeBuilds(modules, platform));

  const trees = [...parts, ...helpers].flatMap((p) => p.manifest.trees.filelists ?? []);
  const missing = await unmet(deps, { set, trees });

  const isFiltered = parts.some((p) => p.origin.packages !== 'all' || p.origin.modules !== 'all');
  const parents = isFiltered ? await wholeParts(deps, subject) : [];
  const whole = isFiltered ? await readModules(deps, parents) : modules;
  const extras = createPackageSet();
  const requirements = missing.map((m) => m.requirement);
  if (missing.length > 0 && isFiltered) {
    await readExtras(deps, { parts, parents, set, extras });
    hideModular(extras, whole, activeBuilds(whole, platform));
    const lists = parents.flatMap((p) => p.manifest.trees.filelists ?? []);
    await noteFiles(deps, { requirements, trees: lists, set: extras });
  }
  const proposals = propose(requirements, { set, extras });
  const lost = lostModules(modules, whole, await readModules(deps, parts));
  const advisories = isFiltered ? await partial(deps, { parts, parents, whole }) : [];

  const unresolved = missing.flatMap(({ requirement, members }) => {
    const shown = shownDependency(requirement);
    const candidates = candidatesFor(requirement, { set, extras })
      .slice(0, mostCandidates)
      .map((c) => shownNevra(extras.members[c]!.dependencies));
    return [...members].map((n) => {
      const { dependencies, label } = set.members[n]!;
      return { package: shownNevra(dependencies), from: label, requirement: shown, candidates };
    });
  });
  unresolved.sort((a, b) => order(a.package, b.package) || order(a.requirement, b.requirement));
  const checked = set.members.filter((m) => m.checked);
  return {
    unresolved,
    modules: lost,
    advisories,
    proposals,
    counts: {
      packages: checked.filter((m) => !m.hidden).length,
      hidden: checked.filter((m) => m.hidden).length,
      unresolved: unresolved.length,
      unresolvedPackages: new Set(missing.flatMap((m) => [...m.members])).size,
      modules: lost.length,
      advisories: advisories.length,
      proposals: proposals.length,
      additions: proposals.reduce((n, p) => n + 1 + p.needs.length, 0),
    },
  };
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

interface Missing {
  requirement: Dependency;
  /** The packages that have it. */
  members: Set<number>;
}

/** The requirements of checked packages that nothing meets, with the packages that have them. */
async function unmet(
  deps: CheckDeps,
  { set, trees }: { set: PackageSet; trees: string[] },
): Promise<Missing[]> {
  const there = providersIn(set);
  const known = new Map<Dependency, boolean>();
  const missing = new Map<string, Missing>();
  for (const [n, member] of set.members.entries()) {
    if (!member.checked || member.hidden) continue;
    for (const requirement of new Set(member.dependencies.requires)) {
      // What rpm itself can do is no package's matter.
      if (requirement.name.startsWith('rpmlib(')) continue;
      const met = known.get(requirement) ?? meets(there, requirement);
      known.set(requirement, met);
      if (met) continue;
      // One may be there twice: for the installation's scripts, and for what is installed.
      const shown = shownDependency(requirement);
      const same = missing.get(shown);
      if (same) same.members.add(n);
      else missing.set(shown, { requirement, members: new Set([n]) });
    }
  }
  const found = [...missing.values()];
  const requirements = found.map((m) => m.requirement);
  await noteFiles(deps, { requirements, trees, set });
  return found.filter((m) => !meets(there, m.requirement));
}

/** Looks in filelists for the files that are missing: primary lists only some. */
async function noteFiles(
  { objects }: CheckDeps,
  of: { requirements: Dependency[]; trees: Iterable<string>; set: PackageSet },
): Promise<void> {
  const { requirements, trees, set } = of;
  const paths = new Set<string>();
  for (const requirement of requirements) {
    const rich = richOf(requirement);
    const parts =
      rich === undefined || rich === 'unreadable' ? [requirement] : dependenciesIn(rich);
    for (const { name } of parts) if (name.startsWith('/')) paths.add(name);
  }
  if (paths.size === 0) return;
  const byPkgid = new Map<string, number[]>();
  for (const [n, { dependencies }] of set.members.entries()) {
    const same = byPkgid.get(dependencies.pkgid);
    if (same) same.push(n);
    else byPkgid.set(dependencies.pkgid, [n]);
  }
  await findFiles(objects, { trees: new Set(trees), paths }, (pkgid, path) => {
    for (const n of byPkgid.get(pkgid.toLowerCase()) ?? []) set.noteFile(path, n);
  });
}

/** What the parents have and the revision does not. */
async function readExtras(
  deps: CheckDeps,
  of: { parts: Part[]; parents: Part[]; set: PackageSet; extras: PackageSet },
): Promise<void> {
  const { parts, parents, set, extras } = of;
  const present = new Set(set.members.map((m) => nevraOf(m.dependencies)));
  for (const parent of parents) {
    const part = parts.find((p) => p.origin.manifest === parent.origin.manifest);
    const rows = part?.origin.packages;
    if (rows === 'all') continue;
    await readPackages(deps, parent, {
      ...(rows && { except: rows }),
      take(d) {
        const { label } = parent.origin;
        if (!present.has(nevraOf(d))) extras.add(d, { label, checked: false });
      },
    });
  }
}

async function partial(
  deps: CheckDeps,
  { parts, parents, whole }: { parts: Part[]; parents: Part[]; whole: ModulesOf },
): Promise<PartialAdvisory[]> {
  const lines = new Map<string, string>();
  for (const { name, stream, artifacts } of whole.builds) {
    for (const nevra of artifacts) lines.set(nevra, `${name}:${stream}`);
  }
  const found = partialAdvisories(
    deps.db,
    {
      advisories: await rowsIn(deps, parts, 'advisories'),
      held: await rowsIn(deps, parts, 'packages'),
      parents: await rowsIn(deps, parents, 'packages'),
    },
    (build) => lines.get(nevraOf(build)),
  );
  return found.map(({ id, missing }) => ({ id, missing: missing.map(shownNevra) }));
}
