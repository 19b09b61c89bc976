import type { Filters } from '../../base/filters.ts';
import type { Group } from '../../repodata/comps.ts';
import { nameOf, type PackageKey } from '../../store/catalogue/package-key.ts';
import { matchAdvisories } from './advisory-rules.ts';
import { matchModules, matchPackages, matchTexts } from './patterns.ts';
import type { Pool } from './pool.ts';

/** What the lists of a view's filters leave. Each by its place in the pool: 1 if it is in. */
export interface Selected {
  packages: Uint8Array;
  advisories: Uint8Array;
  modules: Uint8Array;
  groups: Uint8Array;
}

type Lists = Pick<Filters, 'packages' | 'advisories' | 'modules' | 'groups'>;

/** What one side of the lists, `include` or `exclude`, names. */
interface Named {
  packages: (key: PackageKey) => boolean;
  advisories: Uint8Array;
  modules: Uint8Array;
  groups: Uint8Array;
}

/**
 * Applies the lists. Packages are in that any `include` names, or all where there is none; then everything is out that any
 * `exclude` names. A record that is named is in or out with what it holds. Builds that several modules or advisories name are
 * out with the first that is excluded.
 */
export function select(pool: Pool, filters: Filters, remark: (text: string) => void): Selected {
  const { keys } = pool.packages;
  const all = kinds.every((kind) => filters[kind].include.length === 0);
  const included = all ? undefined : named(pool, filters, { side: 'include', remark });
  const excluded = named(pool, filters, { side: 'exclude', remark });
  const packages = new Uint8Array(keys.length);
  keys.forEach((key, i) => {
    // Both are asked about all, so that they learn of what fits nothing.
    const isIn = included?.packages(key) ?? true;
    if (!excluded.packages(key) && isIn) packages[i] = 1;
  });
  included?.done();
  excluded.done();
  const only = filters.groups.include.length > 0 ? included?.groups : undefined;
  return {
    packages,
    advisories: excluded.advisories.map((out) => 1 - out),
    modules: excluded.modules.map((out) => 1 - out),
    groups: excluded.groups.map((out, i) => (only?.[i] ?? 1) & (1 - out)),
  };
}

const kinds = ['packages', 'advisories', 'modules', 'groups'] as const;

function named(
  pool: Pool,
  filters: Lists,
  { side, remark }: { side: 'include' | 'exclude'; remark: (text: string) => void },
): Named & { done(): void } {
  const patterns = matchPackages(filters.packages[side]);
  const rules = matchAdvisories(filters.advisories[side]);
  const moduleNames = matchModules(filters.modules[side]);
  const groupIds = matchTexts(filters.groups[side]);
  const advisories = marks(pool.advisories, (a) => rules.fits(a.value));
  const modules = marks(
    pool.modules,
    ({ value }) => value.kind === 'stream' && moduleNames.fits(value),
  );
  const groups = marks(pool.groups, (g) => groupIds.fits(g.value.id));

  const shipped = new Set<PackageKey>();
  const builds = new Set<PackageKey>();
  const names = new Set<string>();
  pool.advisories.forEach(({ value }, i) => {
    if (advisories[i]) for (const key of value.packages) shipped.add(key);
  });
  pool.modules.forEach(({ value }, i) => {
    if (modules[i] && value.kind === 'stream') for (const key of value.artifacts) builds.add(key);
  });
  pool.groups.forEach(({ value }, i) => {
    if (groups[i]) for (const name of namesIn(value)) names.add(name);
  });
  const found = new Set<PackageKey>();

  return {
    advisories,
    modules,
    groups,
    packages(key) {
      const byPattern = patterns.fits(key);
      const byAdvisory = shipped.has(key);
      if (byAdvisory) found.add(key);
      return (
        byPattern || byAdvisory || builds.has(key) || (names.size > 0 && names.has(nameOf(key)))
      );
    },
    done() {
      const unknown = (what: string, texts: string[]) => {
        for (const text of texts) remark(`${side} ${what} ${text}: the parents have none`);
      };
      unknown('packages', patterns.unused());
      unknown('advisories', rules.unused());
      unknown('modules', moduleNames.unused());
      unknown('groups', groupIds.unused());
      const absent = shipped.size - found.size;
      if (side === 'include' && absent > 0) {
        remark(
          `${absent} of the ${shipped.size} builds that the included advisories list are not in the parents`,
        );
      }
    },
  };
}

function marks<T>(list: readonly T[], isMarked: (value: T) => boolean): Uint8Array {
  const result = new Uint8Array(list.length);
  list.forEach((value, i) => {
    if (isMarked(value)) result[i] = 1;
  });
  return result;
}

/** The packages of a group of all kinds: mandatory, default, optional, conditional. */
export const namesIn = (group: Group): string[] => group.packages.map((p) => p.name.trim());
