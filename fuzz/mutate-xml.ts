import { mutateBytes } from './mutate-bytes.ts';
import type { Random } from './random.ts';

/** Changes an XML document as those change who write it by hand, or with evil in mind. */
export function mutateXml(bytes: Buffer, random: Random): Buffer {
  if (random.oneIn(5)) return mutateBytes(bytes, random);
  const tokens = bytes.toString('latin1').match(/<[^>]*>|[^<]+/g) ?? [];
  for (let n = random.pick([1, 1, 1, 2, 4]); n > 0 && tokens.length > 0; n--) {
    random.pick(changes)(tokens, random);
  }
  return Buffer.from(tokens.join(''), 'latin1');
}

const isStart = (token: string): boolean => /^<[^/!?]/.test(token) && !token.endsWith('/>');

/** From a start tag to its end tag; the token alone where it is none. */
function elementAt(tokens: string[], at: number): number {
  if (!isStart(tokens[at]!)) return at + 1;
  let depth = 0;
  for (let i = at; i < tokens.length; i++) {
    if (isStart(tokens[i]!)) depth++;
    else if (tokens[i]!.startsWith('</')) depth--;
    if (depth === 0) return i + 1;
  }
  return tokens.length;
}

const anywhere = (tokens: string[], random: Random): number => random.below(tokens.length);
const tagAt = (tokens: string[], random: Random): number => {
  const from = anywhere(tokens, random);
  const found = tokens.findIndex((t, i) => i >= from && /^<[^/!?]/.test(t));
  return found < 0
    ? Math.max(
        0,
        tokens.findIndex((t) => t.startsWith('<')),
      )
    : found;
};

const hostile = [
  '',
  ' ',
  '0',
  '-1',
  '18446744073709551615',
  '1e999',
  '9'.repeat(400),
  '1.5',
  'NaN',
  '../../x',
  'http://x/',
  '//x',
  'a\\b',
  '%2e%2e/',
  '&amp;',
  '&lt;',
  '&#0;',
  '&#x0;',
  '&#xD800;',
  '&#x110000;',
  '&#99999999999;',
  '&undefined;',
  '&',
  '&#;',
  '&#x;',
  '&quot;',
  '&apos;',
  '&#60;',
  '&nbsp;',
  '>',
  "'",
  '\xc3\xa9',
  '\xe9',
  '\xff\xfe',
  '\xed\xa0\x80',
  '\0',
  '\x0b',
  '\r',
  '\r\n',
  '\t',
  '__proto__',
  'constructor',
  'toString',
  'sha256',
  'sha',
  'YES',
  'x'.repeat(5000),
  '&#x41;'.repeat(500),
];
const inserted = [
  '<!-- -->',
  '<!-- </package> -->',
  '<!---->',
  '<!--->',
  '<!-- -- -->',
  '<![CDATA[',
  ']]>',
  '<![CDATA[]]>',
  '<![CDATA[</package></update>]]>',
  '<?pi ?>',
  '<?pi </package> ?>',
  '<?xml version="1.0"?>',
  '<!DOCTYPE x>',
  '<!DOCTYPE x [<!ENTITY a "b">]>',
  '<!ENTITY a "b">',
  '<',
  '>',
  '</',
  '/>',
  '<>',
  '</>',
  '< a>',
  '<a',
  '<a b',
  '<a b=',
  '<a b="',
  "<a b='\"'/>",
  '<a b=c/>',
  '<a b b/>',
  '<a b="<"/>',
  '<a b=">"/>',
  '<package>',
  '</package>',
  '<package/>',
  '<update/>',
  '</update>',
  '<metadata>',
  '</metadata>',
  '<packages/>',
  '<unknown xmlns="urn:y"><deep/></unknown>',
  '<y:unknown a="1"/>',
  '\xef\xbb\xbf',
  '<!',
  '<?',
  '<!-',
  '&',
  '<a>'.repeat(200),
  `${'<a>'.repeat(70)}${'</a>'.repeat(70)}`,
  ' '.repeat(3000),
  '&amp;'.repeat(1000),
];

const changes: ((tokens: string[], random: Random) => void)[] = [
  (tokens, random) => {
    const at = tagAt(tokens, random);
    tokens.splice(at, elementAt(tokens, at) - at);
  },
  (tokens, random) => {
    const at = tagAt(tokens, random);
    const element = tokens.slice(at, elementAt(tokens, at));
    const times = random.pick([1, 1, 1, Math.ceil(300 / element.length)]);
    tokens.splice(at, 0, ...Array.from({ length: times }, () => element).flat());
  },
  (tokens, random) => {
    const at = tagAt(tokens, random);
    const element = tokens.splice(at, elementAt(tokens, at) - at);
    tokens.splice(anywhere(tokens, random), 0, ...element);
  },
  (tokens, random) => {
    const [a, b] = [anywhere(tokens, random), anywhere(tokens, random)];
    [tokens[a], tokens[b]] = [tokens[b] ?? '', tokens[a] ?? ''];
  },
  (tokens, random) => {
    tokens.splice(anywhere(tokens, random), 1);
  },
  (tokens, random) => {
    tokens.splice(anywhere(tokens, random), 0, random.pick(inserted));
  },
  (tokens, random) => {
    const at = anywhere(tokens, random);
    const token = tokens[at] ?? '';
    const cut = random.below(token.length + 1);
    tokens[at] = token.slice(0, cut) + random.pick([...inserted, ...hostile]) + token.slice(cut);
  },
  // A text.
  (tokens, random) => {
    const from = anywhere(tokens, random);
    const at = tokens.findIndex((t, i) => i >= from && !t.startsWith('<'));
    if (at >= 0) tokens[at] = random.pick(hostile);
  },
  (tokens, random) => {
    const from = anywhere(tokens, random);
    const at = tokens.findIndex((t, i) => i >= from && !t.startsWith('<'));
    if (at >= 0) tokens[at] = `<![CDATA[${tokens[at]}]]>`;
  },
  // Attributes: another value, other quotes, none, twice, spaced, renamed.
  attribute((name, _, random) => ` ${name}="${random.pick(hostile)}"`),
  attribute((name, value) => ` ${name}='${value}'`),
  attribute(() => ''),
  attribute((name, value, random) => ` ${name}="${value}" ${name}="${random.pick(hostile)}"`),
  attribute((name, value) => `\n\t${name} = "${value}"`),
  attribute((name, value) => `${name}="${value}"`),
  attribute((name, value) => ` x:${name}="${value}"`),
  attribute((name, value) => ` other="1" ${name}="${value}"`),
  attribute((name, value) => ` other=' ${name}="no"' ${name}="${value}"`),
  // Names: a prefix, another name, a space before the end.
  (tokens, random) => {
    const at = tagAt(tokens, random);
    const end = elementAt(tokens, at) - 1;
    const rename = random.pick([
      (t: string) => t.replace(/^(<\/?)/, '$1p:'),
      (t: string) => t.replace(/^(<\/?)[^\s/>]+/, '$1package'),
      (t: string) => t.replace(/^(<\/?[^\s/>]+)/, '$1s'),
      (t: string) => t.replace(/(\/?>)$/, ' \n$1'),
    ]);
    for (const i of new Set([at, end])) tokens[i] = rename(tokens[i] ?? '');
  },
  (tokens, random) => {
    const at = tagAt(tokens, random);
    tokens[at] = (tokens[at] ?? '').replace(/\/?>$/, random.pick(['/>', '>', ' / >', '']));
  },
  (tokens) => {
    for (let i = 0; i < tokens.length; i++) tokens[i] = tokens[i]!.replaceAll('\n', '\r\n');
  },
  (tokens) => {
    tokens.unshift('\xef\xbb\xbf');
  },
];

/** A change of one attribute of one tag. */
function attribute(change: (name: string, value: string, random: Random) => string) {
  return (tokens: string[], random: Random): void => {
    const from = anywhere(tokens, random);
    const has = (t: string) => /^<[^/!?].*="/s.test(t);
    const found = tokens.findIndex((t, i) => i >= from && has(t));
    const at = found < 0 ? tokens.findIndex(has) : found;
    if (at < 0) return;
    const all = [...tokens[at]!.matchAll(/\s+([^\s="]+)="([^"]*)"/g)];
    if (all.length === 0) return;
    const [whole, name, value] = random.pick(all);
    tokens[at] = tokens[at]!.replace(whole, () => change(name!, value!, random));
  };
}
