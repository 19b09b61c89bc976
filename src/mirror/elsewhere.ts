import { inOrder, type Mirrors } from './mirrors.ts';
import { isAbsolute } from './package-address.ts';
import type { GetOptions, Place, Upstream } from './upstream.ts';

/**
 * The mirrors to ask for a package: a source's own, or, where its metadata says that the package lies somewhere else, what
 * asks there. What lies at one address has no other mirrors, and its failure is none of the source's: it has no name.
 */
export function mirrorsFor(mirrors: Mirrors, place: Place): Mirrors {
  const { path, base } = place;
  if (base === undefined && !isAbsolute(path)) return mirrors;
  const isOne = isAbsolute(path) || isAbsolute(base!);
  const asked = isOne ? inOrder(mirrors).slice(0, 1) : mirrors.list;
  const list = asked.map(({ shown, publicUrlAt, getAt }): Upstream => {
    const get = (_: string, options: GetOptions) => getAt(place, options);
    return { shown, publicUrl: () => publicUrlAt(place), get, publicUrlAt, getAt };
  });
  return { list, repomd: undefined };
}
