import { beforeBlank, tagsOf, without } from './tags.ts';

/**
 * An `<update>` element without those of its `<package>` entries that do not remain, and without collections that lose all
 * of theirs; all else byte for byte. `remains` says of each entry, in order, whether it does. Gives undefined where the
 * element has another number of entries. Throws AppError 'invalid' where it is not well-formed.
 */
export function cutAdvisory(bytes: Buffer, remains: readonly boolean[]): Buffer | undefined {
  const xml = bytes.toString('latin1');
  const places: { start: number; end: number }[] = [];
  let entry = 0;
  let path: string[] = [];
  let collection = { start: 0, kept: 0, cut: 0, places: 0 };
  let start = 0;
  for (const tag of tagsOf(xml, 'an advisory')) {
    path = path.slice(0, tag.depth);
    const inside = path.join('/');
    if (tag.kind === 'open') path.push(tag.local);
    if (tag.local === 'collection' && inside === 'update/pkglist') {
      if (tag.kind === 'open')
        collection = { start: tag.start, kept: 0, cut: 0, places: places.length };
      if (tag.kind !== 'close' || collection.cut === 0 || collection.kept > 0) continue;
      places.length = collection.places;
      places.push({ start: beforeBlank(xml, collection.start), end: tag.end });
    }
    if (tag.local !== 'package' || inside !== 'update/pkglist/collection') continue;
    if (tag.kind !== 'close') start = tag.start;
    if (tag.kind === 'open') continue;
    if (remains[entry++]) collection.kept++;
    else {
      collection.cut++;
      places.push({ start: beforeBlank(xml, start), end: tag.end });
    }
  }
  if (entry !== remains.length) return undefined;
  return Buffer.from(without(xml, places), 'latin1');
}
