import { keyOfNevra } from '../../store/catalogue/package-key.ts';
import type { Content } from './content.ts';
import { type ListedPackage, named, type Reading, rowsOf } from './listed.ts';
import { formsOf, namesIn } from './patterns.ts';

/** A package that somebody named. */
export type PickedPackage = Pick<ListedPackage, 'name' | 'arch' | 'nevra' | 'evrKey'> & {
  /** The mirrored source that has it, and the manifest of the revision. */
  label: string;
  manifest: string;
};

/**
 * The packages of a content that each of some names means, in any form that the patterns of filters have, without
 * wildcards: of each name a list. What is called so oddly that its NEVRA would not be read again is left out.
 */
export async function pickPackages(
  reading: Reading,
  content: Content,
  names: readonly string[],
): Promise<PickedPackage[][]> {
  const asked = new Map<string, PickedPackage[]>(names.map((name) => [name, []]));
  const { packages } = reading.facts;
  const candidates = new Map<number, string[]>();
  for (const { row, key } of packages.named(new Set(names.flatMap((name) => [...namesIn(name)])))) {
    const meant = formsOf(key).all.filter((form) => asked.has(form));
    if (meant.length > 0 && keyOfNevra(named(key).nevra) === key) candidates.set(row, meant);
  }
  for (const origin of content.origins) {
    const rows = await rowsOf(reading, origin, 'packages');
    const { label, manifest } = origin;
    for (const found of packages.list([...candidates.keys()].filter((row) => rows.has(row)))) {
      const { name, arch, nevra } = named(found.key);
      const picked = { name, arch, nevra, evrKey: found.evr, label, manifest };
      for (const form of new Set(candidates.get(found.row))) asked.get(form)!.push(picked);
    }
  }
  return names.map((name) => asked.get(name)!);
}
