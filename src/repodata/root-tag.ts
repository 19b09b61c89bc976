import { attributesOf } from './tags.ts';

/** The start tags of documents that become one. */
export interface JoinedRoot {
  /** All up to the end of the root's start tag: the first document's, with what the others declare besides. */
  open: string;
  /** For each document the namespace declarations that its elements need themselves: their prefix means another thing in `open`. */
  own: string[];
}

/**
 * Joins what stands before the elements of documents, from the beginning to the end of the root's start tag. `packages`
 * becomes the count given, where the first document has such an attribute.
 */
export function joinRoots(opens: readonly string[], count: number): JoinedRoot {
  const [first] = opens;
  const start = first!.lastIndexOf('<');
  let tag = first!.slice(start);
  const declared = new Map(declarations(first!));
  const own = opens.map((open) => {
    let needed = '';
    for (const [name, value] of declarations(open)) {
      const known = declared.get(name);
      if (known === undefined) {
        declared.set(name, value);
        tag = insertAttribute(tag, name, value);
      } else if (known !== value) needed += attributeText(name, value);
    }
    return needed;
  });
  const attribute = attributesOf(tag).find((a) => a.name === 'packages');
  if (attribute) tag = tag.slice(0, attribute.valueStart) + count + tag.slice(attribute.end - 1);
  return { open: first!.slice(0, start) + tag, own };
}

/** An element's bytes with namespace declarations, as `own` gives them, in its start tag; but for those it has itself. */
export function declare(bytes: Buffer, own: string): Buffer[] {
  const head = bytes.toString('latin1', 0, bytes.indexOf('>') + 1);
  const name = /^<[^\s<>/]+/.exec(head);
  if (!name) return [bytes];
  const has = new Set(attributesOf(head).map((a) => a.name));
  const missing = attributesOf(own).filter((a) => !has.has(a.name));
  const text = missing.map((a) => attributeText(a.name, a.value)).join('');
  const at = name[0].length;
  return [bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at)];
}

function declarations(open: string): [name: string, value: string][] {
  return attributesOf(open.slice(open.lastIndexOf('<')))
    .filter((a) => a.name === 'xmlns' || a.name.startsWith('xmlns:'))
    .map((a) => [a.name, a.value]);
}

/** A value that stands in double or single quotes holds at most the other kind. */
const attributeText = (name: string, value: string): string =>
  ` ${name}="${value.replaceAll('"', '&quot;')}"`;

const insertAttribute = (tag: string, name: string, value: string): string =>
  tag.replace(/\s*\/?>$/, (end) => attributeText(name, value) + end);
