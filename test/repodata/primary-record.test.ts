import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import {
  fastPrimaryRecord,
  readPrimaryRecord,
  slowPrimaryRecord,
} from '../../src/repodata/primary-record.ts';
import { fixtureFolder } from '../cli/folder.ts';
import { corpus } from '../support/tools.ts';

const folders = [
  ...(['ol7', 'ol8'] as const).map((name) => join(fixtureFolder(name), 'repodata')),
  ...(corpus ? ['Katello__katello__zoo', 'pulp-fixtures__rpm-modular'] : []).map((name) =>
    join(corpus!, 'repos', name, 'repodata'),
  ),
];

it.each(folders)('Both ways of reading give the same for %s', (folder) => {
  const name = readdirSync(folder).find((n) => n.endsWith('primary.xml.gz'))!;
  const xml = gunzipSync(readFileSync(join(folder, name))).toString('latin1');
  const packages = [...xml.matchAll(/<package .*?<\/package>/gs)].map(([p]) =>
    Buffer.from(p, 'latin1'),
  );
  expect(packages.length).toBeGreaterThan(5);
  for (const bytes of packages) {
    const fast = fastPrimaryRecord(bytes);
    expect(fast).toBeDefined();
    expect(fast).toEqual(slowPrimaryRecord(bytes));
  }
});

const whole = (inner: string) =>
  Buffer.from(
    `<package type="rpm"><name>a</name><checksum type="md5" pkgid="YES"> ab </checksum>${inner}</package>`,
  );

it.each([
  ['a comment', '<!-- <name>b</name> --><arch>x</arch>'],
  ['a CDATA section', '<summary><![CDATA[<name>]]></summary>'],
  ['single quotes', "<version ver='1' rel='2'/>"],
  ['elements that nobody knows', '<extra><deep/>text</extra><arch>x</arch>'],
  ['blanks in tags', '<version  ver="1"\n rel="2" /><url />'],
  ['no prefix', '<format><license>MIT</license><requires><entry name="b"/></requires></format>'],
  ['another prefix', '<format><r:requires><r:entry name="b" pre="1"/></r:requires></format>'],
  ['empty lists', '<format><rpm:requires/><rpm:provides></rpm:provides></format>'],
  [
    'a second of its kind',
    '<summary>one</summary><summary>two</summary><time build="1"/><time build="2"/>',
  ],
])('With %s both ways agree, where the quick one answers', (_, inner) => {
  const bytes = whole(inner);
  const slow = slowPrimaryRecord(bytes);
  expect(readPrimaryRecord(bytes)).toEqual(slow);
  expect(fastPrimaryRecord(bytes) ?? slow).toEqual(slow);
  expect(slow).toMatchObject({ texts: { name: 'a' }, checksum: { type: 'md5', value: 'ab' } });
});

it.each([
  ['nothing', ''],
  ['no XML', '<package><name>a</package>'],
  ['no checksum', '<package><name>a</name></package>'],
  ['a DOCTYPE', '<!DOCTYPE a><package/>'],
])('%s is invalid', (_, text) => {
  expect(() => readPrimaryRecord(Buffer.from(text))).toThrow(
    expect.objectContaining({ kind: 'invalid' }),
  );
});
