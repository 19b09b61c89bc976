import { formulaOf } from './boolean.ts';
import type { Universe } from './universe.ts';

/** What is required and cannot be looked up in the universe. */
export interface Doubts {
  /** Paths that no package lists in primary. */
  files: Set<string>;
  /** Required by what was considered, and met by nothing that is known: by package and dependency. */
  unmet: { pkg: number; dependency: string }[];
  /** Boolean dependencies that cannot be read. */
  unreadable: Set<string>;
}

/**
 * Says what must hold once a package is installed: what it requires, what it conflicts with, what it obsoletes, and that of
 * its name there is no other. What is broken among installed packages already does not count. Source: rpm, libsolv's `rules.c`.
 */
export function createRules(universe: Universe, doubts: Doubts) {
  const { pool, isInstalled, providers } = universe;
  const about = { pool, providers };

  function requires(pkg: number, add: Add): void {
    for (const dependency of pool.list(pkg, 'requires')) {
      const text = pool.dependencyName(dependency);
      if (text.startsWith('rpmlib(')) continue;
      if (text.startsWith('(')) {
        const formula = formulaOf(text, true, about);
        if (!formula) doubts.unreadable.add(text);
        for (const clause of formula ?? []) demand(pkg, clause, add, dependency);
      } else demand(pkg, providers(dependency).map(yes), add, dependency);
    }
  }

  function demand(pkg: number, clause: number[], add: Add, dependency: number): void {
    if (clause.includes(yes(pkg))) return;
    const holdsNow = (l: number) => (l > 0 ? isInstalled(l - 1) : !isInstalled(-l - 1));
    if (isInstalled(pkg) && !clause.some(holdsNow)) return;
    if (clause.length === 0) {
      const text = pool.dependencyName(dependency);
      if (text.startsWith('/')) doubts.files.add(text);
      doubts.unmet.push({ pkg, dependency: text });
    }
    add([no(pkg), ...clause], true);
  }

  function exclude(pkg: number, others: Iterable<number>, add: Add): void {
    for (const other of others) {
      if (other === pkg || (isInstalled(pkg) && isInstalled(other))) continue;
      add([no(pkg), no(other)], false);
    }
  }

  function conflicts(pkg: number, add: Add): void {
    for (const dependency of pool.list(pkg, 'conflicts')) {
      const text = pool.dependencyName(dependency);
      if (!text.startsWith('(')) exclude(pkg, providers(dependency), add);
      else
        for (const clause of formulaOf(text, false, about) ?? []) add([no(pkg), ...clause], false);
    }
  }

  return (pkg: number, add: Add): void => {
    requires(pkg, add);
    conflicts(pkg, add);
    for (const dependency of pool.list(pkg, 'obsoletes')) {
      const others = universe.obsoleted(dependency);
      exclude(
        pkg,
        others.filter((other) => universe.isSameColour(pkg, other)),
        add,
      );
    }
    const isOnly = universe.isInstallOnly(pkg);
    const sameName = universe.sameName(pkg).filter((other) => {
      if (isOnly && universe.isInstallOnly(other)) return pool.nevra(pkg) === pool.nevra(other);
      // Libraries of 32 and 64 bits stand beside each other in one version.
      return universe.isSameColour(pkg, other) || pool.compare(pkg, other) !== 0;
    });
    exclude(pkg, sameName, add);
  };
}

/** Takes a clause; `isChoice` where it asks for something that may have to be chosen. */
export type Add = (clause: readonly number[], isChoice: boolean) => void;

export const yes = (pkg: number): number => pkg + 1;
export const no = (pkg: number): number => -(pkg + 1);
