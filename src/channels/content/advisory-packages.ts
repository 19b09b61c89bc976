import { fieldsOf, nameOf, type PackageKey } from '../../store/catalogue/package-key.ts';
import type { Content } from './content.ts';
import { type Reading, rowsOf } from './listed.ts';

/** What a build is called. */
export type BuildName = ReturnType<typeof fieldsOf>;

/** The builds of an advisory that a content has; none where it does not have the advisory. */
export async function advisoryPackages(
  reading: Reading,
  content: Content,
  id: string,
): Promise<BuildName[]> {
  const { facts } = reading;
  const known = facts.advisories.rowsOf(id);
  const shipped = new Set<PackageKey>();
  for (const origin of known.length > 0 ? content.origins : []) {
    const rows = await rowsOf(reading, origin, 'advisories');
    for (const { packages } of facts.advisories.of(known.filter((row) => rows.has(row)))) {
      for (const key of packages) shipped.add(key);
    }
  }
  const names = new Set([...shipped].map(nameOf));
  const found = new Set<PackageKey>();
  for (const origin of names.size > 0 ? content.origins : []) {
    const rows = await rowsOf(reading, origin, 'packages');
    for (const { row, key } of facts.packages.named(names)) {
      if (rows.has(row) && shipped.has(key)) found.add(key);
    }
  }
  return [...found].map(fieldsOf);
}
