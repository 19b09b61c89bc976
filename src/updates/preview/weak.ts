import { AppError } from '../../base/errors.ts';
import { isMet, readRichDependency } from '../../repodata/rich-dependency.ts';
import { ordered } from './choice.ts';
import type { Clauses } from './clauses.ts';
import type { Universe } from './universe.ts';

/**
 * Finds, one after the other, what is not needed but recommended by what is new, or made for it. What the machine does without
 * although something installed recommends it stays out. Source: libsolv's `resolve_weak`, dnf's `exclude_from_weak_autodetect`.
 */
export function wantedBeside(universe: Universe, clauses: Clauses): () => number | undefined {
  const { pool, isInstalled } = universe;
  let unwanted: Set<number> | undefined;
  const isIn = (pkg: number) => clauses.value(pkg) > 0;
  const isWanted = (pkg: number) => clauses.value(pkg) === 0 && !unwanted?.has(pkg);

  function recommended(): number | undefined {
    for (const pkg of clauses.installed()) {
      if (isInstalled(pkg)) continue;
      for (const dependency of pool.list(pkg, 'recommends')) {
        if (holds(universe, dependency, isIn)) continue;
        const [best] = ordered(universe, providersOf(universe, dependency).filter(isWanted));
        if (best !== undefined) return best;
      }
    }
    return undefined;
  }

  function supplementing(): number | undefined {
    const found = pool.supplementing.filter((pkg) => {
      if (!universe.isThere(pkg) || !isWanted(pkg)) return false;
      return [...pool.list(pkg, 'supplements')].some(
        (d) => holds(universe, d, isIn) && !holds(universe, d, isInstalled),
      );
    });
    return ordered(universe, found)[0];
  }

  return () => {
    unwanted ??= doneWithout(universe);
    return recommended() ?? supplementing();
  };
}

/** What would meet a recommendation of something installed, and is not installed. */
function doneWithout(universe: Universe): Set<number> {
  const found = new Set<number>();
  for (const pkg of universe.installed) {
    for (const dependency of universe.pool.list(pkg, 'recommends')) {
      if (universe.pool.dependencyName(dependency).startsWith('(')) continue;
      const all = universe.providers(dependency);
      if (!all.some(universe.isInstalled)) for (const p of all) found.add(p);
    }
  }
  return found;
}

function providersOf(universe: Universe, dependency: number): readonly number[] {
  const text = universe.pool.dependencyName(dependency);
  if (!text.startsWith('(')) return universe.providers(dependency);
  // Of `(a if b)` it is a that is recommended.
  const first = /^\(+([^\s()]+(?:\([^\s]*\))?(?: [<>=]+ [^\s)]+)?)/.exec(text)?.[0];
  if (!first) return [];
  try {
    const read = readRichDependency(`${first.replace(/^\(+/, '(')})`);
    if (read.op !== 'one') return [];
    return universe.providers(universe.pool.dependencyOf(read.dependency));
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

/** Whether packages of which `isIn` holds meet a dependency. */
export function holds(
  universe: Universe,
  dependency: number,
  isIn: (pkg: number) => boolean,
): boolean {
  const { pool, providers } = universe;
  const text = pool.dependencyName(dependency);
  if (!text.startsWith('(')) return providers(dependency).some(isIn);
  try {
    const of = (d: Parameters<typeof pool.dependencyOf>[0]) =>
      providers(pool.dependencyOf(d)).filter(isIn);
    return isMet(readRichDependency(text), {
      has: (d) => of(d).length > 0,
      of: (d) => new Set(of(d)),
    });
  } catch (error) {
    if (error instanceof AppError) return true;
    throw error;
  }
}
