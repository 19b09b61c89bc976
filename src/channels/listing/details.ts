import type { PackageLine } from '../../store/catalogue/facts-listing.ts';
import { keyOfNevra, nameOf } from '../../store/catalogue/package-key.ts';
import { idOfFields, type Reading } from '../content/listed.ts';
import { type PackageElement, readElement } from './element.ts';
import type { Part } from './orders.ts';

/** All that is known of a package. */
export interface PackageDetails extends PackageElement {
  id: string;
  line: PackageLine;
  /** Of all packages that are called the same, of whichever revisions. */
  rows: number[];
}

/** A package of these documents by its id; undefined where they have none. Throws AppErrors where objects are missing. */
export async function detailsOf(
  { objects, facts }: Reading,
  parts: readonly Part[],
  id: string,
): Promise<PackageDetails | undefined> {
  const key = keyOfNevra(id);
  if (key === undefined) return undefined;
  const rows = [...facts.packages.named([nameOf(key)])].flatMap((p) =>
    p.key === key ? p.row : [],
  );
  for (const part of parts) {
    for (const row of rows.filter(part.has)) {
      const line = facts.listing.lines([row]).get(row);
      const fragment = facts.listing.fragment(row);
      const { manifest } = part.origin;
      const element = fragment && (await readElement(objects, { manifest, fragment }));
      if (line && element) return { ...element, id: idOfFields(line), line, rows };
    }
  }
  return undefined;
}
