import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCutter } from '../../src/repodata/cutter.ts';
import { failure } from './documents.ts';

/** Cuts a text that comes in pieces of these sizes, over and over; one piece if there are none. */
function cut(text: string | Buffer, sizes: number[] = [], maxElement = 10_000) {
  const bytes = Buffer.from(text);
  const elements: string[] = [];
  const cutter = createCutter({ what: 'updateinfo', root: 'updates', maxElement }, (element) =>
    elements.push(element.toString()),
  );
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? bytes.length;
    cutter.push(bytes.subarray(at, at + size));
    at += size;
  }
  return { elements, frame: cutter.end() };
}

const blank = fc.constantFrom('', ' ', '\n  ', '\t');
const aside = fc.constantFrom('<!-- <p> </p> -->', '<!--->-->', '<?pi </p> ?>', '<!-- -- > -->');
const attributes = fc
  .array(
    fc.constantFrom(
      ' a="1"',
      " b='>'",
      ' c="/>"',
      ` d='"/>"'`,
      ' e="\'"',
      '\n f = ""',
      ' g="é渦"',
      ' xml:h="/"',
    ),
    { maxLength: 3 },
  )
  .map((a) => [...new Set(a)].join(''));
const name = fc.constantFrom('p', 'package', 'update', 'c:package', 'updates', 'é');

/** An element named so: empty, or with everything inside that could be taken for its end. */
const elementOf = (tag: string, inside: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 1, arbitrary: fc.tuple(attributes, blank).map(([a, b]) => `<${tag}${a}${b}/>`) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(attributes, blank, inside, blank)
        .map(([a, b, content, c]) => `<${tag}${a}${b}>${content}</${tag}${c}>`),
    },
  );

const contentOf = (tag: string, depth: number): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom('text', ' > ]]> ', '&lt;', '渦🌊', `/${tag}>`, '"', "'"),
        fc.constantFrom(`<!-- </${tag}> -->`, '<!--->-->', '<!-- > -- < -->'),
        fc.constantFrom(`<![CDATA[</${tag}>]]>`, '<![CDATA[]] ]>]]>', '<![CDATA[<!--]]>'),
        fc.constantFrom(`<?php </${tag}> ?>`, '<?a?>'),
        fc.constantFrom(`<${tag}r></${tag}r>`, `<${tag}r/>`, `<x:${tag}>a</x:${tag}>`),
        depth > 0 ? elementOf(tag, contentOf(tag, depth - 1)) : fc.constant(''),
        depth > 0 ? elementOf('format', contentOf(tag, depth - 1)) : fc.constant(''),
      ),
      { maxLength: 4 },
    )
    .map((parts) => parts.join(''));

const between = fc.array(fc.oneof(blank, aside), { maxLength: 2 }).map((parts) => parts.join(''));
const document = fc.record({
  open: fc
    .tuple(
      fc.constantFrom('', '\ufeff', '<?xml version="1.0"?>', '<!-- <html> -->\n<?pi ?> '),
      fc.constantFrom('updates', 'u:updates'),
      attributes,
    )
    .map(([before, root, a]) => ({ root, text: `${before}<${root}${a}>` })),
  first: between,
  elements: fc.array(
    fc.tuple(
      name.chain((n) => elementOf(n, contentOf(n, 2))),
      between,
    ),
    { maxLength: 4 },
  ),
  last: between,
});
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 6 });

describe('the cutter', () => {
  it('gives exactly the elements, wherever the chunks end', () => {
    fc.assert(
      fc.property(document, sizes, ({ open, first, elements, last }, sizes) => {
        const body = elements.map(([element, after]) => element + after).join('');
        const text = `${open.text}${first}${body}</${open.root}>${last}`;
        const result = cut(text, sizes);
        expect(result.elements).toEqual(elements.map(([element]) => element));
        expect(result.frame).toEqual({ open: open.text, close: `</${open.root}>` });
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['an empty root', '<updates/>', '<updates>'],
    [
      'an empty root with attributes',
      '<?xml version="1.0"?>\n<updates a="/>" />\n',
      '<?xml version="1.0"?>\n<updates a="/>">',
    ],
    ['a root without elements', '<updates></updates >', '<updates>'],
    ['a byte order mark', '\ufeff<updates></updates>', '\ufeff<updates>'],
  ])('reads %s', (_, text, open) => {
    for (const sizes of [[], [1], [2]]) {
      expect(cut(text, sizes)).toEqual({ elements: [], frame: { open, close: '</updates>' } });
    }
  });

  const long = `<updates><a>${'x'.repeat(90)}</a></updates>`;
  it.each<[string, string | Buffer, string]>([
    ['nothing', '', 'invalid'],
    ['text', 'no such file, sorry', 'invalid'],
    ['HTML', '<html><body>Sign in</body></html>', 'invalid'],
    ['HTML with a DOCTYPE', '<!DOCTYPE html><html></html>', 'invalid'],
    ['a DOCTYPE', '<!DOCTYPE updates [<!ENTITY a "b">]><updates/>', 'invalid'],
    ['a DOCTYPE in the body', '<updates><!DOCTYPE a></updates>', 'invalid'],
    ['a DOCTYPE in an element', '<updates><a><!DOCTYPE a></a></updates>', 'invalid'],
    ['UTF-16', Buffer.from('\ufeff<updates></updates>', 'utf16le'), 'invalid'],
    ['a root that only begins so', '<updatesx></updatesx>', 'invalid'],
    ['a root tag with a <', '<updates a="<"></updates>', 'invalid'],
    ['text between the elements', '<updates><a/>text<a/></updates>', 'invalid'],
    ['CDATA between the elements', '<updates><![CDATA[a]]></updates>', 'invalid'],
    ['a < alone', '<updates>< a></a></updates>', 'invalid'],
    ['no end of the root', '<updates><a></a>', 'invalid'],
    ['no end of the root tag', '<updates a="b"', 'invalid'],
    ['no end of an element', '<updates><a><b></b>', 'invalid'],
    ['no end of a comment', '<updates><!-- </updates>', 'invalid'],
    ['another end', '<updates></update>', 'invalid'],
    ['another end with the same prefix', '<u:updates></updates>', 'invalid'],
    ['text after the end', '<updates></updates>text', 'invalid'],
    ['a letter after the end', '<updates></updates>x', 'invalid'],
    ['a second root', '<updates></updates><updates></updates>', 'invalid'],
    ['an end too many', '<updates></updates></updates>', 'invalid'],
    ['a comment after the end that is not closed', '<updates/><!-- a', 'invalid'],
    ['a DOCTYPE after the end', '<updates/><!DOCTYPE a>', 'invalid'],
    ['an element over the limit', long, 'limit'],
    ['an element over the limit without an end', long.slice(0, 102), 'limit'],
    ['an empty element over the limit', `<updates><a b="${'x'.repeat(90)}"/></updates>`, 'limit'],
    ['a comment over the limit', `<updates><!--${'x'.repeat(200)}`, 'limit'],
    ['an end tag over the limit', `<updates></updates${' '.repeat(200)}`, 'limit'],
    ['a comment after the end over the limit', `<updates/><!--${'x'.repeat(200)}`, 'limit'],
  ])('refuses %s', (_, text, kind) => {
    for (const sizes of [[], [1], [3], [7, 1]]) {
      expect(failure(() => cut(text, sizes, 90))).toBe(kind);
    }
  });

  it('bounds one element, not the document', () => {
    expect(cut(`<updates>${'<a>x</a>\n'.repeat(100)}</updates>`, [], 8).elements.length).toBe(100);
    expect(failure(() => cut('<updates><a>x</a></updates>', [], 7))).toBe('limit');
  });

  it('takes no longer than it should over a first tag that does not end', () => {
    const started = performance.now();
    for (const text of ['<a', '<a b', '<a "', '<']) {
      expect(failure(() => cut(text + 'x'.repeat(60_000), [1000]))).toBe('invalid');
    }
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('bounds what comes before the root', () => {
    const endless = createCutter({ what: 'updateinfo', root: 'updates', maxElement: 9 }, () => {});
    endless.push(Buffer.from(`<!--${'x'.repeat(60_000)}`));
    expect(failure(() => endless.push(Buffer.from('x'.repeat(10_000))))).toBe('invalid');
    expect(failure(() => cut(`<!--${'x'.repeat(60_000)}--><updates/>`, [1000]))).toBeUndefined();
  });
});
