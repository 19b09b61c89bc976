import { describe, expect, it } from 'vitest';
import { readPrimary } from '../../src/repodata/primary.ts';
import { isSimpleXml, relocate } from '../../src/repodata/relocate.ts';
import { commented, elementsOf, repositories } from './documents.ts';

const pkgid = 'ab'.repeat(32);

const element = (location: string, before = '') =>
  `<package type="rpm"><name>a</name><arch>x</arch><version epoch="0" ver="1" rel="1"/><checksum type="sha256" pkgid="YES">${pkgid}</checksum><summary>s</summary>${before}${location}<format/></package>`;

const relocated = (xml: string, simple = isSimpleXml(Buffer.from(xml))) =>
  Buffer.concat(relocate(Buffer.from(xml), simple)).toString();

describe.each(repositories)('$name', (repository) => {
  it('Only the location changes, and undone it is the same again', async () => {
    for (const bytes of await elementsOf(repository, 'primary', 'metadata')) {
      const before = readPrimary(bytes);
      const result = Buffer.concat(relocate(bytes, isSimpleXml(bytes)));
      const after = readPrimary(result);
      const segment = before.location.slice(before.location.lastIndexOf('/') + 1);
      expect(after).toEqual({
        ...before,
        base: undefined,
        location: `packages/${before.checksum.value}/${segment.replaceAll('?', '%3F').replaceAll('#', '%23')}`,
      });
      const tag = /<(?:\w+:)?location\s[^>]*>/;
      const undone = result
        .toString('latin1')
        .replace(tag, () => tag.exec(bytes.toString('latin1'))![0]);
      expect(Buffer.from(undone, 'latin1').equals(bytes)).toBe(true);
      // The way that reads any XML does the same.
      const slow = relocate(commented(bytes), false);
      expect(Buffer.concat(slow).equals(commented(result))).toBe(true);
    }
  });
});

it.each([
  ['<location href="Packages/a.rpm"/>', `<location href="packages/${pkgid}/a.rpm"/>`],
  ['<location href="a.rpm"/>', `<location href="packages/${pkgid}/a.rpm"/>`],
  [
    '<location xml:base="http://else/where" href="x/a%2Bb.rpm"/>',
    `<location href="packages/${pkgid}/a%2Bb.rpm"/>`,
  ],
  [
    '<location href="x/a.rpm" xml:base="http://else/where"/>',
    `<location href="packages/${pkgid}/a.rpm"/>`,
  ],
  [
    "<location  other='>' href = 'x/a&amp;b.rpm'\n xml:base='h'></location>",
    `<location  other='>' href = 'packages/${pkgid}/a&amp;b.rpm'></location>`,
  ],
  ['<x:location href="x/a.rpm"/>', `<x:location href="packages/${pkgid}/a.rpm"/>`],
  ['<location href="http://host/x/a.rpm"/>', `<location href="packages/${pkgid}/a.rpm"/>`],
  ['<location href="x/a.rpm?k#f"/>', `<location href="packages/${pkgid}/a.rpm%3Fk%23f"/>`],
  ['<location href="x/&#97;.rpm"/>', `<location href="packages/${pkgid}/&#97;.rpm"/>`],
  ['<location href="x/"/>', `<location href="packages/${pkgid}/package.rpm"/>`],
])('%s becomes %s', (location, expected) => {
  expect(relocated(element(location))).toBe(element(expected));
});

it.each([
  '<!-- <location href="no"/> -->',
  '<description><![CDATA[<location href="no"/>]]></description>',
  '<?x <location href="no"?>',
  '<extra><location href="no"/></extra>',
])('What only looks like a location stays: %s', (before) => {
  const place = `<location href="packages/${pkgid}/a.rpm"/>`;
  expect(relocated(element('<location href="x/a.rpm"/>', before))).toBe(element(place, before));
});

it('Finds the pkgid among other checksums, in any writing', () => {
  const xml = element('<location href="x/a.rpm"/>').replace(
    `<checksum type="sha256" pkgid="YES">${pkgid}`,
    `<checksum type="md5">${'0'.repeat(32)}</checksum><checksum pkgid='YES' type='sha256'> ${pkgid.toUpperCase()} `,
  );
  expect(relocated(xml)).toContain(`href="packages/${pkgid}/a.rpm"`);
});

it('An element without a pkgid, or that cannot be read, stays as it is', () => {
  for (const xml of [
    element('<location href="x/a.rpm"/>').replace(pkgid, 'none'),
    element('<locatio href="x/a.rpm"/>'),
    '<package><location href="x/a.rpm"></package>',
  ]) {
    expect(relocated(xml)).toBe(xml);
  }
});
