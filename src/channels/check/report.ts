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

/**
 * Says what a revision lacks that the one before did not, from whole reports; undefined where it is no worse. Another build
 * of a package that lacks what the build before lacked is no worse, nor is another lack of a module stream or an advisory:
 * of each, counts are compared.
 */
export function worse(before: Report, after: Report): string | undefined {
  const parts = [
    difference(
      ['a requirement that nothing meets', 'requirements that nothing meets'],
      before.unresolved.map(ofPackage),
      after.unresolved.map(ofPackage),
    ),
    difference(
      ['a module stream without what it requires', 'module streams without what they require'],
      before.modules.map(ofStream),
      after.modules.map(ofStream),
    ),
    difference(
      ['an advisory that is only partly there', 'advisories that are only partly there'],
      before.advisories.map(ofAdvisory),
      after.advisories.map(ofAdvisory),
    ),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : `it adds ${parts.join(', and ')}`;
}

/** What is lacking: `same` is equal for what counts as the same lack in another revision. */
interface Lack {
  same: string;
  shown: string;
}

const ofPackage = (u: Unresolved): Lack => ({
  same: `${u.package.replace(/-[^-]+-[^-]+(?=\.[^.-]+$)/, '')} requires ${u.requirement}`,
  shown: `${u.package} requires ${u.requirement}`,
});
const ofStream = (m: LostModule): Lack => ({
  same: m.stream,
  shown: `${m.stream} requires ${m.requires}`,
});
const ofAdvisory = ({ id }: PartialAdvisory): Lack => ({ same: id, shown: id });

function difference(
  [one, several]: [string, string],
  before: Lack[],
  after: Lack[],
): string | undefined {
  const known = new Map<string, number>();
  for (const { same } of before) known.set(same, (known.get(same) ?? 0) + 1);
  const there = new Set(before.map((b) => b.shown));
  const added: string[] = [];
  // Those that were there take their places first: what is shown is what is new.
  for (const { same, shown } of after.toSorted(
    (a, b) => Number(there.has(b.shown)) - Number(there.has(a.shown)),
  )) {
    const left = known.get(same) ?? 0;
    if (left > 0) known.set(same, left - 1);
    else added.push(shown);
  }
  if (added.length === 0) return undefined;
  return added.length === 1
    ? `${one} (${added[0]})`
    : `${added.length} ${several} (${added[0]}, …)`;
}
