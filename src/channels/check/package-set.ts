import { AppError } from '../../base/errors.ts';
import {
  compares,
  type Dependency,
  type PackageDependencies,
  shownEvr,
} from '../../repodata/dependencies.ts';
import {
  isMet,
  type Providers,
  type RichDependency,
  readRichDependency,
} from '../../repodata/rich-dependency.ts';
import { fits } from '../../repodata/version-range.ts';

export interface Member {
  dependencies: PackageDependencies;
  /** The mirrored source that it comes from. */
  label: string;
  /** Whether its requirements are looked at. */
  checked: boolean;
  /** Not to be seen by machines, for its module's stream is not the one that they use. */
  hidden: boolean;
}

export type PackageSet = ReturnType<typeof createPackageSet>;

/** Packages, and what they provide: by the names that they list, their own with their version, and their files. */
export function createPackageSet() {
  const members: Member[] = [];
  const provided = new Map<string, Provided[]>();

  const note = (name: string, member: number, range: Dependency['range']) => {
    const list = provided.get(name);
    if (list) list.push({ member, range });
    else provided.set(name, [{ member, range }]);
  };

  /** Adds a package; gives its number. */
  function add(
    dependencies: PackageDependencies,
    { label, checked }: { label: string; checked: boolean },
  ): number {
    const member = members.push({ dependencies, label, checked, hidden: false }) - 1;
    const { name, epoch, version, release } = dependencies;
    note(name, member, { flags: compares.equal, epoch, version, release });
    for (const p of dependencies.provides) note(p.name, member, p.range);
    for (const path of dependencies.files) note(path, member, undefined);
    // They are found by the index from now on.
    dependencies.provides = [];
    dependencies.files = [];
    return member;
  }

  /** Numbers of the packages that meet a dependency which is not boolean, hidden ones left out. */
  function providersOf({ name, range }: Dependency): number[] {
    return (provided.get(name) ?? [])
      .filter((p) => !members[p.member]!.hidden && fits(p.range, range))
      .map((p) => p.member);
  }

  const provides = ({ name, range }: Dependency): boolean =>
    provided.get(name)?.some((p) => !members[p.member]!.hidden && fits(p.range, range)) ?? false;

  return {
    members: members as readonly Member[],
    add,
    /** Says that a package has a file that primary does not list. */
    noteFile: (path: string, member: number) => note(path, member, undefined),
    providersOf,
    provides,
    /** Numbers of all packages that provide that name, in whatever version. */
    named: (name: string): number[] => (provided.get(name) ?? []).map((p) => p.member),
  };
}

interface Provided {
  member: number;
  range: Dependency['range'];
}

const richOnes = new WeakMap<Dependency, RichDependency | 'unreadable'>();

/** A boolean dependency; undefined for any other, 'unreadable' for what only looks like one. */
export function richOf(dependency: Dependency): RichDependency | 'unreadable' | undefined {
  if (!dependency.name.startsWith('(')) return undefined;
  const known = richOnes.get(dependency);
  if (known) return known;
  const read = readRich(dependency.name);
  richOnes.set(dependency, read);
  return read;
}

function readRich(text: string): RichDependency | 'unreadable' {
  try {
    return readRichDependency(text);
  } catch (error) {
    if (error instanceof AppError) return 'unreadable';
    throw error;
  }
}

/** Whether packages that answer so meet a requirement. What cannot be read is never met. */
export function meets(providers: Providers, requirement: Dependency): boolean {
  const rich = richOf(requirement);
  if (rich === undefined) return providers.has(requirement);
  return rich !== 'unreadable' && isMet(rich, providers);
}

/** The set as what answers for single dependencies. */
export const providersIn = (set: PackageSet): Providers => ({
  has: set.provides,
  of: (dependency) => new Set(set.providersOf(dependency)),
});

/** name-epoch:version-release.arch, as modules name their artifacts. */
export const nevraOf = ({ name, arch, epoch, version, release }: Named): string =>
  `${name}-${epoch}:${version}-${release}.${arch}`;

/** The same as people write it: without an epoch of 0. */
export const shownNevra = (d: Named): string => `${d.name}-${shownEvr(d)}.${d.arch}`;

type Named = Pick<PackageDependencies, 'name' | 'arch' | 'epoch' | 'version' | 'release'>;
