import { AppError } from '../base/errors.ts';
import { attribute, child, children, parseXml, text } from '../base/xml.ts';

/** A package group of comps.xml. */
export interface Group {
  id: string;
  name: string;
  packages: { name: string; type: string }[];
}

/** Nearly every comps.xml names its DTD. Without an internal subset that declares nothing, and may be passed over. */
const usualDoctype =
  /<!DOCTYPE\s+comps(?:\s+PUBLIC\s+(?:"[^"<>[]*"|'[^'<>[]*'))?(?:\s+(?:SYSTEM\s+)?(?:"[^"<>[]*"|'[^'<>[]*'))?\s*>/;

/**
 * Reads the groups of a comps.xml. One without an id is left out and its complaint handed to `setAside`.
 * Throws AppError 'invalid' where the document is not comps.
 */
export function readComps(xml: string, setAside: (reason: string) => void): Group[] {
  const root = parseXml(xml.replace(usualDoctype, ''), 'comps');
  const comps = child(root, 'comps');
  if (!comps) {
    if ('comps' in root) return [];
    throw new AppError('invalid', 'the group document has no <comps> element');
  }
  const groups: Group[] = [];
  for (const node of children(comps, 'group')) {
    const id = text(node, 'id')?.trim();
    if (!id) {
      setAside('a group without an id');
      continue;
    }
    const list = children(node, 'packagelist')[0];
    groups.push({
      id,
      name: text(node, 'name') ?? id,
      packages: children(list, 'packagereq').map((p) => ({
        name: (p['#text'] as string) ?? '',
        type: attribute(p, 'type') ?? 'mandatory',
      })),
    });
  }
  return groups;
}
