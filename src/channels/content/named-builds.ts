import { fieldsOf, nameOf, type PackageKey } from '../../store/catalogue/package-key.ts';
import type { BuildName } from './advisory-packages.ts';
import type { Content } from './content.ts';
import { type Reading, recordsOf, rowsOf } from './listed.ts';

/** What a content has of some names. */
export interface NamedBuilds {
  builds: BuildName[];
  /** Builds of these names that streams of modules list, whether they are there or not: the stream is `name:stream`. */
  modular: { build: BuildName; stream: string }[];
}

/** All builds of these names in a content, and the streams that they are of. */
export async function namedBuilds(
  reading: Reading,
  content: Content,
  names: readonly string[],
): Promise<NamedBuilds> {
  const wanted = new Set(names);
  const candidates = [...reading.facts.packages.named(wanted)];
  const keys = new Set<PackageKey>();
  const modular = new Map<string, NamedBuilds['modular'][number]>();
  for (const origin of content.origins) {
    const rows = await rowsOf(reading, origin, 'packages');
    for (const { row, key } of candidates) if (rows.has(row)) keys.add(key);
    const { streams } = await recordsOf(reading, origin);
    for (const { name, stream, artifacts } of streams) {
      for (const key of artifacts) {
        if (!wanted.has(nameOf(key))) continue;
        const of = `${name}:${stream}`;
        modular.set(`${key} ${of}`, { build: fieldsOf(key), stream: of });
      }
    }
  }
  return { builds: [...keys].map(fieldsOf), modular: [...modular.values()] };
}
