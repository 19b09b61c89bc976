import { expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { attribute, child, children, parseXml, text } from '../../src/base/xml.ts';

const refusal = (xml: string): AppError => {
  try {
    parseXml(xml, 'the document');
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('it was not refused');
};

it('Entities mean their characters, in text and in attributes', () => {
  const root = parseXml('<a t="1 &lt; 2 &quot;&#38;&#x41;">&amp;lt; &gt; &apos; &#233;</a>', 'x');
  const a = child(root, 'a');
  expect(attribute(a, 't')).toBe('1 < 2 "&A');
  expect(text(root, 'a')).toBe("&lt; > ' é");
});

it('More than a thousand entities in one document are read', () => {
  const many = 5000;
  const root = parseXml(
    `<a>${'<b v="&lt;">x &amp; y</b>'.repeat(many)}${'&gt;'.repeat(many)}</a>`,
    'x',
  );
  const a = child(root, 'a');
  expect(children(a, 'b')).toHaveLength(many);
  expect(children(a, 'b').every((b) => b['#text'] === 'x & y' && b['@v'] === '<')).toBe(true);
  expect(a!['#text']).toBe('>'.repeat(many));
});

it('One text with far more entities than a thousand is read', () => {
  const many = 60_000;
  expect(text(parseXml(`<a>${'&amp;'.repeat(many)}</a>`, 'x'), 'a')).toBe('&'.repeat(many));
});

it('CDATA is text as it stands, and comments are nothing', () => {
  expect(text(parseXml('<a><![CDATA[<b>&amp;]]></a>', 'x'), 'a')).toBe('<b>&amp;');
  expect(text(parseXml('<a>x<!-- <b>&amp; -->y</a>', 'x'), 'a')).toBe('xy');
});

it('Nothing is guessed to be a number and nothing is trimmed', () => {
  const root = parseXml('<a v="007"> 2.10 </a>', 'x');
  expect(attribute(child(root, 'a'), 'v')).toBe('007');
  expect(text(root, 'a')).toBe(' 2.10 ');
});

it('Elements are found without their prefix, and as a list where that is asked for', () => {
  const root = parseXml('<r:a xmlns:r="urn:r"><r:b k="1"/><c>one</c></r:a>', 'x', ['b']);
  const a = child(root, 'a');
  expect(a!.b).toBeInstanceOf(Array);
  expect(children(a, 'b').map((b) => attribute(b, 'k'))).toEqual(['1']);
  expect(children(a, 'c')).toEqual([{ '#text': 'one' }]);
  expect(children(a, 'none')).toEqual([]);
  expect(text(a, 'none')).toBeUndefined();
});

it.each([
  '<!DOCTYPE a><a/>',
  '<!doctype a [<!ENTITY x "y">]><a>&x;</a>',
  '<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
])('A DOCTYPE is refused: %s', (xml) => {
  const error = refusal(xml);
  expect(error.kind).toBe('invalid');
  expect(error.message).toBe('the document declares a DOCTYPE, which is refused');
});

it.each(['<a>', '<a></b>', '<a><b></a></b>', '<a b=c/>', '<a b="1" b="2"/>', 'no xml', ''])(
  'What is not well-formed is refused: %j',
  (xml) => {
    const error = refusal(xml);
    expect(error.kind).toBe('invalid');
    expect(error.message).toMatch(/^the document is not /);
  },
);

it('Nesting is bounded', () => {
  const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth);
  expect(() => parseXml(nested(50), 'x')).not.toThrow();
  expect(refusal(nested(100)).kind).toBe('invalid');
});
