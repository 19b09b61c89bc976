/** What a check of a revision found. Lists may be cut; `counts` has them whole. */
export interface Report {
  unresolved: Unresolved[];
  modules: LostModule[];
  advisories: PartialAdvisory[];
  /** The smallest additions found that resolve what some parent can. */
  proposals: Proposal[];
  counts: {
    /** Packages that were looked at, and how many more are hidden by modules, as dnf hides them. */
    packages: number;
    hidden: number;
    /** Requirements that nothing meets, and the packages that have one. */
    unresolved: number;
    unresolvedPackages: number;
    modules: number;
    advisories: number;
    /** Packages proposed, and those that they need in turn. */
    proposals: number;
    additions: number;
  };
}

export interface Unresolved {
  /** name-[epoch:]version-release.arch, and the mirrored source that it comes from. */
  package: string;
  from: string;
  requirement: string;
  /** Packages of the parents that meet it, or a part of it where it is boolean: some of them. */
  candidates: string[];
}

export interface LostModule {
  /** name:stream. */
  stream: string;
  /** What it requires: name and the streams that will do. */
  requires: string;
  /** Whether a parent has it. */
  lost: boolean;
}

export interface PartialAdvisory {
  id: string;
  /** Builds that it ships and a parent has, and neither they nor newer ones are there. */
  missing: string[];
}

export interface Proposal {
  package: string;
  from: string;
  /** How many different requirements it meets, with those before it and what it needs. */
  solves: number;
  /** Packages that it needs in turn. */
  needs: string[];
}

const mostListed = 1000;

/** The report with lists that fit a terminal and a pipe. */
export function bounded(report: Report): Report {
  const cut = <T>(list: T[]) => list.slice(0, mostListed);
  return {
    ...report,
    unresolved: cut(report.unresolved),
    modules: cut(report.modules),
    advisories: cut(report.advisories).map((a) => ({ ...a, missing: a.missing.slice(0, 100) })),
    proposals: cut(report.proposals).map((p) => ({ ...p, needs: p.needs.slice(0, 100) })),
  };
}

/** Says what a revision lacks that the one before did not, from whole reports; undefined where it is no worse. */
export function worse(before: Report, after: Report): string | undefined {
  const parts = [
    difference(
      ['a requirement that nothing meets', 'requirements that nothing meets'],
      before.unresolved.map(ofPackage),
      after.unresolved.map(ofPackage),
    ),
    difference(
      ['a module stream without what it requires', 'module streams without what they require'],
      before.modules.map((m) => `${m.stream} requires ${m.requires}`),
      after.modules.map((m) => `${m.stream} requires ${m.requires}`),
    ),
    difference(
      ['an advisory that is only partly there', 'advisories that are only partly there'],
      before.advisories.map((a) => a.id),
      after.advisories.map((a) => a.id),
    ),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : `it adds ${parts.join(', and ')}`;
}

const ofPackage = (u: Unresolved): string => `${u.package} requires ${u.requirement}`;

function difference(
  [one, several]: [string, string],
  before: string[],
  after: string[],
): string | undefined {
  const known = new Set(before);
  const added = after.filter((a) => !known.has(a));
  if (added.length === 0) return undefined;
  return added.length === 1
    ? `${one} (${added[0]})`
    : `${added.length} ${several} (${added[0]}, …)`;
}
