import { BitSet } from '../../base/bit-set.ts';
import type { Facts } from '../../store/catalogue/facts.ts';
import type { PackageLine } from '../../store/catalogue/facts-listing.ts';
import { nameOf, type PackageKey } from '../../store/catalogue/package-key.ts';
import { matchPackages, namesIn } from '../content/patterns.ts';
import type { SearchWanted } from './listing.ts';
import type { Part } from './orders.ts';

/** An advisory, as the vendor names it. */
export interface Erratum {
  id: string;
  type: string;
}

/** The advisories that ship a build, of those that parts have. */
export function errataOf(facts: Facts, parts: readonly Part[], build: PackageLine): Erratum[] {
  if (parts.length === 0) return [];
  const found = new Map<string, Erratum>();
  for (const { row, id, type } of facts.listing.shipping(build)) {
    if (!found.has(id) && parts.some((part) => part.has(row))) found.set(id, { id, type });
  }
  return [...found.values()];
}

/** The rows of packages that are called so and that advisories of the parts ship; undefined where nothing of it is wanted. */
export function namedBy(
  facts: Facts,
  advisories: readonly Part[],
  { called, cve }: Pick<SearchWanted, 'called' | 'cve'>,
): BitSet | undefined {
  if (called === undefined && cve === undefined) return undefined;
  const shipped = cve === undefined ? undefined : shippedFor(facts, advisories, cve);
  const names = called === undefined ? new Set([...shipped!].map(nameOf)) : namesIn(called);
  const fits = called === undefined ? () => true : matchPackages([called]).fits;
  const rows = new BitSet();
  for (const { row, key } of facts.packages.named(names)) {
    if (fits(key) && (!shipped || shipped.has(key))) rows.add(row);
  }
  return rows;
}

/** The builds that advisories ship which refer to a CVE. */
function shippedFor(facts: Facts, parts: readonly Part[], cve: string): Set<PackageKey> {
  const builds = new Set<PackageKey>();
  const rows = facts.listing.naming(cve).filter((row) => parts.some((part) => part.has(row)));
  for (const { packages } of facts.advisories.of(rows)) for (const key of packages) builds.add(key);
  return builds;
}
