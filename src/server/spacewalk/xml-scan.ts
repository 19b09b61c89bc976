import { AppError } from '../../base/errors.ts';

/** A place in an XML document, which the functions here move on. */
export interface Scan {
  text: string;
  at: number;
}

/** Goes on to the next tag, past white space, comments and instructions. Throws where text, or nothing, comes first. */
export function toTag(scan: Scan): void {
  const { text } = scan;
  for (;;) {
    const code = text.charCodeAt(scan.at);
    if (isSpace(code)) scan.at++;
    else if (code !== lessThan) throw malformed(scan);
    else if (!skipped(scan)) return;
  }
}

/**
 * The next tag without its attributes: `<name>`, `</name>` or `<name/>`. Throws AppError 'invalid' where text comes
 * first, and on a document type.
 */
export function tag(scan: Scan): string {
  toTag(scan);
  const { text, at } = scan;
  const end = text.indexOf('>', at);
  if (end < 0) throw malformed(scan);
  scan.at = end + 1;
  const written = text.slice(at, end + 1);
  return plainTag.test(written) ? written : stripped(scan, written);
}

/** Takes the tag, or throws. */
export function take(scan: Scan, wanted: string): void {
  if (scan.text.startsWith(wanted, scan.at)) scan.at += wanted.length;
  else if (tag(scan) !== wanted) throw malformed(scan);
}

/** Takes the tag if it is the next one. */
export function takeIf(scan: Scan, wanted: string): boolean {
  if (scan.text.startsWith(wanted, scan.at)) {
    scan.at += wanted.length;
    return true;
  }
  toTag(scan);
  const { at } = scan;
  if (tag(scan) === wanted) return true;
  scan.at = at;
  return false;
}

/** The text up to the next tag, without entities, comments and CDATA sections. Throws AppError 'invalid'. */
export function characters(scan: Scan): string {
  let said = '';
  for (;;) {
    const { text, at } = scan;
    const end = text.indexOf('<', at);
    if (end < 0) throw malformed(scan);
    if (end > at) said += unescaped(text.slice(at, end));
    scan.at = end;
    if (text.startsWith(cdata, end)) {
      const close = text.indexOf(']]>', end);
      if (close < 0) throw malformed(scan);
      said += checked(text.slice(end + cdata.length, close));
      scan.at = close + 3;
    } else if (!skipped(scan)) return said;
  }
}

/** Only white space, comments and instructions may be left. */
export function finish(scan: Scan): void {
  const { text } = scan;
  while (scan.at < text.length) {
    if (isSpace(text.charCodeAt(scan.at))) scan.at++;
    else if (text.charCodeAt(scan.at) !== lessThan || !skipped(scan)) throw malformed(scan);
  }
}

/**
 * Text with character references and the five entities of XML resolved, and line ends as XML reads them. Any other
 * entity, and a character that XML does not have, throws AppError 'invalid'.
 */
export function unescaped(written: string): string {
  let from = written.indexOf('&');
  if (from < 0) return checked(written);
  let said = '';
  let at = 0;
  for (; from >= 0; from = written.indexOf('&', at)) {
    const end = written.indexOf(';', from);
    const name = end < 0 || end - from > 12 ? '' : written.slice(from + 1, end);
    said += checked(written.slice(at, from)) + (entities.get(name) ?? referred(name));
    at = end + 1;
  }
  return said + checked(written.slice(at));
}

export function malformed(scan: Scan): AppError {
  return new AppError('invalid', `the request is no well-formed XML-RPC at character ${scan.at}`);
}

const lessThan = 60;
const cdata = '<![CDATA[';
const plainTag = /^<\/?[A-Za-z0-9.:]+\/?>$/;
const entities = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

const isSpace = (code: number) => code === 10 || code === 32 || code === 13 || code === 9;

/** Goes past a comment or an instruction at a `<`; false where there is neither. */
function skipped(scan: Scan): boolean {
  const { text, at } = scan;
  const next = text.charCodeAt(at + 1);
  if (next !== 33 && next !== 63) return false;
  const comment = text.startsWith('<!--', at);
  if (next === 33 && !comment) {
    if (!text.startsWith('<!DOCTYPE', at)) return false;
    throw new AppError('invalid', 'the request has a document type, which is not accepted');
  }
  const end = comment ? text.indexOf('-->', at + 4) : text.indexOf('?>', at);
  if (end < 0) throw malformed(scan);
  scan.at = end + (comment ? 3 : 2);
  return true;
}

function stripped(scan: Scan, written: string): string {
  const parts = /^<(\/?[A-Za-z0-9.:]+)(?:\s[^<]*?)?(\/?)>$/.exec(written);
  if (!parts) throw malformed(scan);
  return `<${parts[1]}${parts[2]}>`;
}

function referred(name: string): string {
  const digits = /^#(?:x([0-9A-Fa-f]{1,8})|(\d{1,8}))$/.exec(name);
  if (!digits) throw new AppError('invalid', 'the request has an entity that XML does not define');
  const code = digits[1] ? Number.parseInt(digits[1], 16) : Number(digits[2]);
  const exists = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  const text = exists ? String.fromCodePoint(code) : '\0';
  // A carriage return that is referred to stays one.
  return text === '\r' ? text : checked(text);
}

function checked(text: string): string {
  let returns = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 32 ? code >= 0xfffe : code !== 10 && code !== 9 && code !== 13)
      throw new AppError('invalid', 'the request has a control character');
    if (code === 13) returns = true;
  }
  return returns ? text.replaceAll(/\r\n?/g, '\n') : text;
}
