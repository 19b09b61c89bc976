import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { AppError } from './errors.ts';
import { limits } from './limits.ts';

/**
 * A parsed element: attributes as `@name`, text as `#text`, children by name without prefix, a list where
 * `lists` says so. Everything is a string; nothing is guessed to be a number.
 */
export type XmlNode = { [name: string]: XmlValue };
export type XmlValue = string | XmlNode | XmlValue[];

/**
 * Parses one small document or one element cut out of a big one. The only place that configures the XML library.
 * `lists` names the elements that are always given as an array. Throws AppError 'invalid' on a DOCTYPE, which no
 * repository needs, and on anything that is not well-formed.
 */
export function parseXml(text: string, what: string, lists: readonly string[] = []): XmlNode {
  refuseDoctype(text, what);
  const checked = XMLValidator.validate(text, { allowBooleanAttributes: false });
  if (checked !== true) {
    throw new AppError('invalid', `${what} is not well-formed XML (${checked.err.msg})`, {
      cause: checked.err,
    });
  }
  const isList = new Set(lists);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    removeNSPrefix: true,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    processEntities: true,
    htmlEntities: true,
    maxNestedTags: limits.elementDepth,
    isArray: (name) => isList.has(name),
  });
  try {
    return parser.parse(text) as XmlNode;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new AppError('invalid', `${what} is not XML that can be read (${why})`, { cause: error });
  }
}

/** Throws AppError 'invalid' if the text declares a DOCTYPE: entities and external files come with it. */
export function refuseDoctype(text: string, what: string): void {
  if (/<!DOCTYPE/i.test(text)) {
    throw new AppError('invalid', `${what} declares a DOCTYPE, which is refused`);
  }
}

/** The child of that name, if it is one element with attributes or children. */
export function child(node: XmlNode, name: string): XmlNode | undefined {
  const value = node[name];
  return typeof value === 'object' && !Array.isArray(value) ? value : undefined;
}

/** All children of that name; those without attributes or children come as `{ '#text': … }`. */
export function children(node: XmlNode | undefined, name: string): XmlNode[] {
  const value = node?.[name];
  if (value === undefined) return [];
  const list = Array.isArray(value) ? value : [value];
  return list.map((v) =>
    typeof v === 'object' && !Array.isArray(v) ? v : { '#text': v as string },
  );
}

/** The text of the child of that name, the first if there are several; undefined if there is none. */
export function text(node: XmlNode | undefined, name: string): string | undefined {
  return children(node, name)[0]?.['#text'] as string | undefined;
}

/** An attribute's value. */
export function attribute(node: XmlNode | undefined, name: string): string | undefined {
  const value = node?.[`@${name}`];
  return typeof value === 'string' ? value : undefined;
}
