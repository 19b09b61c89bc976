import { BitSet } from '../../base/bit-set.ts';
import { keyOfNevra } from '../../store/catalogue/package-key.ts';
import type { Content } from './content.ts';
import { type Reading, rowsOf } from './listed.ts';

/** A content with only some of its packages, each as name-epoch:version-release.arch. What else it holds stays. */
export async function onlyThese(
  reading: Reading,
  content: Content,
  nevras: readonly string[],
): Promise<Content> {
  const wanted = new Set(nevras.map(keyOfNevra));
  const origins = [];
  for (const origin of content.origins) {
    const rows = await rowsOf(reading, origin, 'packages');
    const names = reading.facts.packages.names(rows);
    const packages = new BitSet([...rows].filter((row) => wanted.has(names.key(row))));
    origins.push({ ...origin, packages });
  }
  return { ...content, origins };
}
