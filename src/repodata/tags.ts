import { AppError } from '../base/errors.ts';

/** A tag of XML as it stands in the text, from `<` at `start` to after `>` at `end`. */
export interface Tag {
  kind: 'open' | 'close' | 'empty';
  /** The element's name without prefix. */
  local: string;
  start: number;
  end: number;
  /** How many elements are open around the element. */
  depth: number;
}

const tag = /<(\/?)([^\s<>/"'=]+)(?:[^<>"'/]|\/(?!>)|"[^"<]*"|'[^'<]*')*(\/?)>/y;

/**
 * The tags of XML, in order; comments, CDATA sections and instructions are passed over. Throws AppError 'invalid' where the
 * text is not well-formed, or holds a declaration.
 */
export function* tagsOf(xml: string, what: string): Generator<Tag> {
  const fail = () => new AppError('invalid', `${what} is not well-formed XML`);
  const skip = (mark: string, from: number): number => {
    const found = xml.indexOf(mark, from);
    if (found < 0) throw fail();
    return found + mark.length;
  };
  const open: string[] = [];
  for (let start = xml.indexOf('<'); start >= 0; ) {
    let end: number;
    if (xml.startsWith('<!--', start)) end = skip('-->', start + 4);
    else if (xml.startsWith('<![CDATA[', start)) end = skip(']]>', start + 9);
    else if (xml.startsWith('<?', start)) end = skip('?>', start + 2);
    else {
      tag.lastIndex = start;
      const match = tag.exec(xml);
      if (!match) throw fail();
      const [text, close, name, empty] = match;
      end = start + text.length;
      const local = name!.slice(name!.indexOf(':') + 1);
      if (close) {
        if (open.pop() !== name) throw fail();
        yield { kind: 'close', local, start, end, depth: open.length };
      } else {
        yield { kind: empty ? 'empty' : 'open', local, start, end, depth: open.length };
        if (!empty) open.push(name!);
      }
    }
    start = xml.indexOf('<', end);
  }
  if (open.length > 0) throw fail();
}

/** An attribute as it stands in a tag; the value without its quotes, `start` before the white space in front of it. */
export interface Attribute {
  name: string;
  value: string;
  start: number;
  valueStart: number;
  end: number;
}

/** The attributes of a tag's text, in order. */
export function attributesOf(text: string): Attribute[] {
  return [...text.matchAll(/\s+([^\s<>/"'=]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g)].map((match) => {
    const value = match[2] ?? match[3]!;
    const end = match.index + match[0].length;
    return { name: match[1]!, value, start: match.index, valueStart: end - 1 - value.length, end };
  });
}

/** Text without the given places, which are in order and do not overlap. */
export function without(text: string, places: readonly { start: number; end: number }[]): string {
  let kept = '';
  let at = 0;
  for (const { start, end } of places) {
    kept += text.slice(at, start);
    at = end;
  }
  return kept + text.slice(at);
}

/** Where the white space in front of a place begins. */
export function beforeBlank(text: string, place: number): number {
  let at = place;
  while (at > 0 && text.charCodeAt(at - 1) <= 0x20) at--;
  return at;
}
