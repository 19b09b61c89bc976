import type { Universe } from './universe.ts';
import { holds } from './weak.ts';

/** Adds to packages that go out of a set those that need them: of which a requirement was met before and is not after. */
export function withDependents(
  universe: Universe,
  present: ReadonlySet<number>,
  gone: Iterable<number>,
): Set<number> {
  const { pool } = universe;
  const out = new Set(gone);
  const isLeft = (pkg: number) => present.has(pkg) && !out.has(pkg);
  const isPresent = (pkg: number) => present.has(pkg);
  for (let before = -1; before < out.size; ) {
    before = out.size;
    for (const pkg of present) {
      if (out.has(pkg)) continue;
      const lost = [...pool.list(pkg, 'requires')].some((dependency) => {
        if (pool.dependencyName(dependency).startsWith('rpmlib(')) return false;
        return !holds(universe, dependency, isLeft) && holds(universe, dependency, isPresent);
      });
      if (lost) out.add(pkg);
    }
  }
  return out;
}

/** Of what is installed beside its older versions at most so many of a name stay; dnf's own limit. */
const mostBeside = 3;

/** The oldest of those that are too many, but for what runs. */
export function tooMany(
  universe: Universe,
  installed: ReadonlySet<number>,
  isRunning: (pkg: number) => boolean,
): number[] {
  const byName = new Map<string, number[]>();
  for (const pkg of installed) {
    if (!universe.isInstallOnly(pkg)) continue;
    const key = `${universe.pool.name(pkg)}.${universe.pool.arch(pkg)}`;
    byName.set(key, [...(byName.get(key) ?? []), pkg]);
  }
  return [...byName.values()].flatMap((list) => {
    if (!list.some((pkg) => !universe.isInstalled(pkg))) return [];
    const old = list.sort(universe.pool.compare).filter((pkg) => !isRunning(pkg));
    return old.filter(universe.isInstalled).slice(0, Math.max(0, list.length - mostBeside));
  });
}
