import type { Dependency } from '../../repodata/dependencies.ts';
import { type Evr, evrKey } from '../../repodata/evr.ts';
import { dependenciesIn } from '../../repodata/rich-dependency.ts';
import { fits } from '../../repodata/version-range.ts';
import { meets, type PackageSet, providersIn, richOf, shownNevra } from './package-set.ts';
import type { Proposal } from './report.ts';

/** Bounds on the search, beyond which it is content with what it has. */
const most = { requirements: 5000, picks: 500, compared: 20, needs: 300, tried: 100 };

/** The packages of the parents, by number, that meet a requirement, or a part of it where it is boolean: the best first. */
export function candidatesFor(requirement: Dependency, { set, extras }: Sets): number[] {
  const rich = richOf(requirement);
  if (rich === 'unreadable') return [];
  const parts = rich ? dependenciesIn(rich) : [requirement];
  const wanted = parts.filter((part) => !set.provides(part));
  const found = new Set((wanted.length > 0 ? wanted : parts).flatMap((p) => extras.providersOf(p)));
  return [...found].sort((a, b) => rank(extras, a, b));
}

interface Sets {
  /** What is there. */
  set: PackageSet;
  /** What the parents have besides. */
  extras: PackageSet;
}

/**
 * Finds additions that meet what is missing, with what they need in turn. Takes again and again the package that meets most for
 * each package that it brings along, the newest of several; that gives a small set, not always the smallest.
 */
export function propose(missing: readonly Dependency[], sets: Sets): Proposal[] {
  const { extras } = sets;
  const { have, isThere, isObsolete } = inventory(sets);
  const open = new Map<Dependency, number[]>();
  for (const requirement of missing.slice(0, most.requirements)) {
    const candidates = candidatesFor(requirement, sets).filter((c) => !isObsolete(c));
    if (candidates.length > 0) open.set(requirement, candidates);
  }
  const picks: Pick[] = [];
  while (open.size > 0 && picks.length < most.picks) {
    const gains = new Map<number, number>();
    for (const candidates of open.values()) {
      for (const c of candidates) if (!have.has(c)) gains.set(c, (gains.get(c) ?? 0) + 1);
    }
    const [best] = [...gains]
      .sort(([a, gainA], [b, gainB]) => gainB - gainA || rank(extras, a, b))
      .slice(0, most.compared)
      .map(([candidate, gain]) => ({ candidate, gain, ...bringing(candidate) }))
      .sort((a, b) => a.broken - b.broken || worth(b) - worth(a));
    if (!best) break;
    picks.push(best);
    take(best);
    for (const [requirement, candidates] of open) {
      if (candidates.some((c) => have.has(c)) && isThere(requirement)) open.delete(requirement);
    }
  }
  const wanted = missing.filter((m) => isThere(m));
  return shown(withoutNeedless(picks, wanted), wanted);

  function take({ candidate, needs }: Pick): void {
    have.add(candidate);
    for (const need of needs) have.add(need);
  }

  /** What was taken early may be of no use any more. */
  function withoutNeedless(all: Pick[], wanted: Dependency[]): Pick[] {
    let kept = all;
    if (all.length > most.tried) return kept;
    for (const pick of all) {
      const rest = kept.filter((p) => p !== pick);
      const own = rest.flatMap((p) => [p.candidate, ...p.needs]);
      const required = own.flatMap((n) => extras.members[n]!.dependencies.requires);
      const needed = [...wanted, ...required.filter((r) => isThere(r))];
      have.clear();
      rest.forEach(take);
      if (needed.every((r) => isThere(r))) kept = rest;
      have.clear();
      kept.forEach(take);
    }
    return kept;
  }

  function shown(all: Pick[], wanted: Dependency[]): Proposal[] {
    const left = new Set(wanted);
    const nameOf = (n: number) => shownNevra(extras.members[n]!.dependencies);
    have.clear();
    return all.map((pick) => {
      take(pick);
      const solved = [...left].filter((r) => isThere(r));
      for (const r of solved) left.delete(r);
      const { candidate, needs } = pick;
      return {
        package: nameOf(candidate),
        from: extras.members[candidate]!.label,
        solves: solved.length,
        needs: [...needs].map(nameOf),
      };
    });
  }

  /** What a package needs besides, and how many requirements of it all nothing meets. */
  function bringing(candidate: number): { needs: Set<number>; broken: number } {
    const needs = new Set<number>();
    let broken = 0;
    const bring = (n: number) => {
      for (const requirement of extras.members[n]!.dependencies.requires) {
        if (requirement.name.startsWith('rpmlib(')) continue;
        if (isThere(requirement, (p) => p === candidate || needs.has(p))) continue;
        const [next] = candidatesFor(requirement, sets).filter((c) => !isObsolete(c));
        if (next === undefined || needs.size >= most.needs) broken++;
        else if (next !== candidate && !needs.has(next)) {
          needs.add(next);
          bring(next);
        }
      }
    };
    bring(candidate);
    return { needs, broken };
  }
}

interface Pick {
  candidate: number;
  /** What it needs in turn. */
  needs: Set<number>;
}

const worth = ({ gain, needs }: Pick & { gain: number }): number => gain / (1 + needs.size);

function inventory({ set, extras }: Sets) {
  const have = new Set<number>();
  const there = providersIn(set);
  const obsoletes = set.members.flatMap((m) => m.dependencies.obsoletes);
  const obsoletedNames = new Map<string, Dependency[]>();
  for (const o of obsoletes) {
    obsoletedNames.set(o.name, [...(obsoletedNames.get(o.name) ?? []), o]);
  }
  return {
    have,
    isThere(requirement: Dependency, also: (extra: number) => boolean = () => false): boolean {
      const isHad = (n: number) => have.has(n) || also(n);
      return meets(
        {
          has: (d) => there.has(d) || extras.providersOf(d).some(isHad),
          // Numbers of the extras below 0, so that they are none of the set's.
          of: (d) =>
            new Set([
              ...there.of(d),
              ...extras.providersOf(d).flatMap((n) => (isHad(n) ? [-1 - n] : [])),
            ]),
        },
        requirement,
      );
    },
    /** Whether something that is there obsoletes it, so that no machine would install it. */
    isObsolete(n: number): boolean {
      const { name, epoch, version, release } = extras.members[n]!.dependencies;
      const own = { flags: 2, epoch, version, release };
      return obsoletedNames.get(name)?.some((o) => fits(own, o.range)) ?? false;
    },
  };
}

/** Of one name the newest first; else by name. */
function rank(extras: PackageSet, a: number, b: number): number {
  const one = extras.members[a]!.dependencies;
  const other = extras.members[b]!.dependencies;
  if (one.name !== other.name) return one.name < other.name ? -1 : 1;
  return Buffer.compare(keyOf(other), keyOf(one)) || archOrder(one.arch) - archOrder(other.arch);
}

const keys = new WeakMap<Evr, Buffer>();
function keyOf(evr: Evr): Buffer {
  const known = keys.get(evr) ?? evrKey(evr);
  keys.set(evr, known);
  return known;
}

/** A machine's own architecture goes before the old one that it can also run. */
const archOrder = (arch: string): number => (/^i[3-6]86$/.test(arch) ? 1 : 0);
