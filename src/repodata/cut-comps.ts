import { plain } from './scan.ts';
import { beforeBlank, type Tag, tagsOf, without } from './tags.ts';

/** What remains of a comps.xml. */
export interface CompsCut {
  /** Whether the group of that id does. */
  hasGroup(id: string): boolean;
  /** Whether a package that groups list is taken out of them. */
  isGone(name: string): boolean;
}

/** Elements of comps.xml as they stand in the text, to be put below one root with others. */
export interface CompsParts {
  /** The root's start tag, and all of its namespace and other declarations. */
  open: string;
  elements: CompsElement[];
}

export interface CompsElement {
  kind: string;
  /** Of groups, categories and environments; else empty. */
  id: string;
  text: string;
}

/** Elements that name groups, and go when none of these is left. */
const ofGroups: ReadonlySet<string> = new Set(['category', 'environment']);

/**
 * Cuts a comps.xml: groups that do not remain go, and with them what names them; of the others the packages that are gone.
 * What such a document names without ever having had it stays. Throws AppError 'invalid' where it is not well-formed.
 */
export function cutComps(xml: string, cut: CompsCut): CompsParts {
  const text = xml.replace(/<!DOCTYPE[^>[]*>/, (d) => ' '.repeat(d.length));
  const all = elementsOf(text);
  const ids = new Set(all.elements.filter((e) => e.kind === 'group').map((e) => e.id));
  const gone = new Set([...ids].filter((id) => !cut.hasGroup(id)));
  const elements: CompsElement[] = [];
  for (const element of all.elements) {
    if (element.kind === 'group') {
      if (gone.has(element.id)) continue;
      const kept = withoutLeaves(element.text, 'packagereq', cut.isGone);
      elements.push({ ...element, text: kept.text });
    } else if (ofGroups.has(element.kind)) {
      const kept = withoutLeaves(element.text, 'groupid', (id) => gone.has(id));
      if (kept.cut > 0 && kept.left === 0) continue;
      elements.push({ ...element, text: kept.text });
    } else elements.push(element);
  }
  return { open: all.open, elements };
}

/** One comps.xml out of several: of elements of one kind and id the first is taken. */
export function joinComps(documents: readonly CompsParts[]): string {
  const seen = new Set<string>();
  const elements = documents
    .flatMap((d) => d.elements)
    .filter(({ kind, id, text }) => {
      const name = `${kind} ${id || text}`;
      return !seen.has(name) && seen.add(name);
    });
  const open = documents[0]?.open ?? '<comps>';
  const name = /^<([^\s/>]+)/.exec(open)![1];
  const body = elements.map((e) => `  ${e.text}\n`).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n${open}\n${body}</${name}>\n`;
}

function elementsOf(xml: string): CompsParts {
  const elements: CompsElement[] = [];
  let open = '<comps>';
  let current: CompsElement | undefined;
  let start = 0;
  let id: number | undefined;
  for (const tag of tagsOf(xml, 'the group document')) {
    if (tag.depth === 0 && tag.kind !== 'close')
      open = xml.slice(tag.start, tag.end).replace(/\s*\/>$/, '>');
    if (tag.depth === 1 && tag.kind !== 'close') {
      start = tag.start;
      current = { kind: tag.local, id: '', text: '' };
    }
    if (tag.depth === 2 && tag.local === 'id' && current?.id === '') {
      if (tag.kind === 'open') id = tag.end;
      if (tag.kind === 'close' && id !== undefined) current.id = textOf(xml.slice(id, tag.start));
    }
    if (tag.depth === 1 && tag.kind !== 'open' && current)
      elements.push({ ...current, text: xml.slice(start, tag.end) });
  }
  return { open, elements };
}

/** An element's text without the leaves of that name whose text is refused. */
function withoutLeaves(xml: string, local: string, isGone: (text: string) => boolean) {
  const places: { start: number; end: number }[] = [];
  let left = 0;
  let opened: Tag | undefined;
  for (const tag of tagsOf(xml, 'the group document')) {
    if (tag.local !== local) continue;
    if (tag.kind === 'open') opened = tag;
    if (tag.kind !== 'close' || !opened) continue;
    if (isGone(textOf(xml.slice(opened.end, tag.start))))
      places.push({ start: beforeBlank(xml, opened.start), end: tag.end });
    else left++;
  }
  return { text: without(xml, places), cut: places.length, left };
}

/** Text as a parser gives it: comments out, CDATA and entities read. */
const textOf = (xml: string): string =>
  xml
    .split(/(<!\[CDATA\[[\s\S]*?\]\]>)/)
    .map((part) =>
      part.startsWith('<![CDATA[')
        ? part.slice(9, -3)
        : decoded(part.replace(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>/g, '')),
    )
    .join('')
    .trim();

/** `plain` takes latin1; this is text already. */
const decoded = (text: string): string =>
  text.includes('&') ? plain(Buffer.from(text).toString('latin1')) : text;
