import type { Universe } from './universe.ts';

/**
 * Puts packages of which any would do into the order in which they are tried: those that take the place of an installed one, of the
 * machine's own architecture, the newest of each name, those that `isRecommended` names. What another of them obsoletes is out.
 * Source: libsolv's `policy.c`.
 */
export function ordered(
  universe: Universe,
  candidates: readonly number[],
  isRecommended: (pkg: number) => boolean = () => false,
): number[] {
  if (candidates.length < 2) return [...candidates];
  const { pool } = universe;
  const best = newestOfEach(universe, ofBestArch(universe, candidates));
  if (best.length < 2) return best;
  const left = withoutObsoleted(universe, best);
  const order = (pkg: number) =>
    Number(replaces(universe, pkg)) * 8 +
    Number(isRecommended(pkg)) * 4 +
    Number(!hasNewer(universe, pkg)) * 2;
  return left.sort((a, b) => order(b) - order(a) || pool.name(a) - pool.name(b) || a - b);
}

function ofBestArch(universe: Universe, candidates: readonly number[]): number[] {
  const best = Math.max(...candidates.map(universe.archScore));
  return candidates.filter((pkg) => {
    const score = universe.archScore(pkg);
    return score === 0 || score === best;
  });
}

function newestOfEach({ pool, archScore }: Universe, candidates: readonly number[]): number[] {
  const best = new Map<number, number>();
  for (const pkg of candidates) {
    const before = best.get(pool.name(pkg));
    const order = before === undefined ? 1 : pool.compare(pkg, before);
    if (order > 0 || (order === 0 && archScore(pkg) > archScore(before!))) {
      best.set(pool.name(pkg), pkg);
    }
  }
  return [...best.values()];
}

function withoutObsoleted(universe: Universe, candidates: number[]): number[] {
  const out = new Set<number>();
  for (const pkg of candidates) {
    for (const dependency of universe.pool.list(pkg, 'obsoletes')) {
      for (const other of universe.obsoleted(dependency)) if (other !== pkg) out.add(other);
    }
  }
  const left = candidates.filter((pkg) => !out.has(pkg));
  return left.length > 0 ? left : candidates;
}

/** Whether it is another version of what is installed. */
const replaces = (universe: Universe, pkg: number): boolean =>
  universe.isInstalled(pkg) ||
  universe.sameName(pkg).some((p) => universe.isInstalled(p) && universe.mayReplace(pkg, p));

const hasNewer = (universe: Universe, pkg: number): boolean =>
  universe
    .sameName(pkg)
    .some((p) => universe.mayReplace(p, pkg) && universe.pool.compare(p, pkg) > 0);
