import { describe, expect, it } from 'vitest';
import {
  createDependencyReader,
  type Dependency,
  fastDependencies,
  shownDependency,
  slowDependencies,
} from '../../src/repodata/dependencies.ts';
import { commented, elementsOf, failure, repositories } from './documents.ts';

const sha256 = 'a1'.repeat(32);

/** A package as createrepo_c writes it, with some of its parts replaced. */
function element(parts: Record<string, string> = {}): Buffer {
  const p = {
    open: '<package type="rpm">',
    name: '<name>weir</name>',
    version: '<version epoch="1" ver="1.5" rel="2.el9"/>',
    checksum: `<checksum type="sha256" pkgid="YES">${sha256}</checksum>`,
    summary: '<summary>A weir</summary>',
    provides:
      '<rpm:provides>\n<rpm:entry name="weir" flags="EQ" epoch="1" ver="1.5" rel="2.el9"/>\n</rpm:provides>',
    requires:
      '<rpm:requires>\n<rpm:entry name="/bin/sh" pre="1"/>\n<rpm:entry name="gauge" flags="GE" epoch="0" ver="2"/>\n</rpm:requires>',
    others: '<rpm:enhances>\n<rpm:entry name="eddy"/>\n</rpm:enhances>',
    files: '<file>/usr/bin/weir</file>\n<file type="dir">/etc/weir</file>',
    ...parts,
  };
  return Buffer.from(`${p.open}\n  ${p.name}\n  <arch>x86_64</arch>\n  ${p.version}\n  ${p.checksum}\n  ${p.summary}
  <description>Holds water</description>\n  <packager/>\n  <url/>\n  <time file="20" build="10"/>
  <size package="300" installed="400" archive="500"/>\n  <location xml:base="" href="weir.rpm"/>\n  <format>
    <rpm:license>MIT</rpm:license>\n    <rpm:vendor/>\n    <rpm:header-range start="1" end="2"/>
    ${p.provides}\n    ${p.requires}\n    ${p.others}\n    ${p.files}\n  </format>\n</package>`);
}

const range = (flags: number, version: string, release = '', epoch = '0') => ({
  ...{ flags, epoch, version, release },
});
const plainPackage = {
  name: 'weir',
  arch: 'x86_64',
  epoch: '1',
  version: '1.5',
  release: '2.el9',
  pkgid: sha256,
  provides: [{ name: 'weir', range: range(2, '1.5', '2.el9', '1') }] as Dependency[],
  requires: [
    { name: '/bin/sh', range: undefined },
    { name: 'gauge', range: range(3, '2') },
  ] as Dependency[],
  conflicts: [] as Dependency[],
  obsoletes: [] as Dependency[],
  recommends: [] as Dependency[],
  supplements: [] as Dependency[],
  suggests: [] as Dependency[],
  files: ['/usr/bin/weir', '/etc/weir'],
};

const entry = (attributes: string) => `<rpm:requires><rpm:entry ${attributes}/></rpm:requires>`;

describe('the dependencies of a package of primary', () => {
  it.each(repositories)('are the same with and without shortcuts: $name', async (repo) => {
    const read = createDependencyReader();
    for (const bytes of await elementsOf(repo, 'primary', 'metadata')) {
      expect(read(bytes)).toEqual(slowDependencies(commented(bytes)));
    }
  });

  it.each(repositories.filter((r) => /el8|ol|epel/.test(r.name)))(
    'are read the quick way: $name',
    async (repo) => {
      const elements = await elementsOf(repo, 'primary', 'metadata');
      expect(elements.map((e) => fastDependencies(e) !== undefined)).not.toContain(false);
    },
  );

  it.each<[string, Record<string, string>, Partial<typeof plainPackage>]>([
    ['nothing odd', {}, {}],
    ['single quotes', { version: "<version epoch='1' ver='1.5' rel='2.el9'/>" }, {}],
    ['blanks around the name', { name: '<name> weir\n</name>' }, {}],
    ['CDATA', { files: '<file><![CDATA[/a&b]]></file>' }, { files: ['/a&b'] }],
    ['entities in a path', { files: '<file>/a&amp;b</file>' }, { files: ['/a&b'] }],
    [
      'no epoch',
      { requires: entry('name="a" flags="LT" ver="1" rel="2"') },
      { requires: [{ name: 'a', range: range(4, '1', '2') }] },
    ],
    [
      'flags that are none',
      { requires: entry('name="a" flags="XX" ver="1"') },
      { requires: [{ name: 'a', range: range(0, '1') }] },
    ],
    [
      'a version without flags',
      { requires: entry('name="a" ver="1"') },
      { requires: [{ name: 'a', range: undefined }] },
    ],
    ['no name', { requires: entry('flags="EQ" ver="1"') }, { requires: [] }],
    [
      'an entry with an element of its own',
      { requires: '<rpm:requires><rpm:entry name="a"><x/></rpm:entry></rpm:requires>' },
      { requires: [{ name: 'a', range: undefined }] },
    ],
    ['an empty list', { requires: '<rpm:requires/>' }, { requires: [] }],
    [
      'two lists',
      { others: entry('name="b"'), requires: entry('name="a"') },
      {
        requires: [
          { name: 'a', range: undefined },
          { name: 'b', range: undefined },
        ],
      },
    ],
    [
      'conflicts and obsoletes',
      {
        others:
          '<rpm:conflicts><rpm:entry name="a"/></rpm:conflicts><rpm:obsoletes><rpm:entry name="b" flags="LE" epoch="2" ver="1"/></rpm:obsoletes>',
      },
      {
        conflicts: [{ name: 'a', range: undefined }],
        obsoletes: [{ name: 'b', range: range(6, '1', '', '2') }],
      },
    ],
    [
      'a list of another kind with lists in it',
      { others: '<rpm:enhances><rpm:requires><rpm:entry name="x"/></rpm:requires></rpm:enhances>' },
      {},
    ],
    [
      'what it recommends and what it supplements',
      {
        others: ['recommends', 'supplements']
          .map((kind) => `<rpm:${kind}><rpm:entry name="${kind[0]}"/></rpm:${kind}>`)
          .join(''),
      },
      {
        recommends: [{ name: 'r', range: undefined }],
        supplements: [{ name: 's', range: undefined }],
      },
    ],
    [
      'a format in a comment',
      { summary: '<summary>x</summary><!-- <format><rpm:requires/></format> -->' },
      {},
    ],
    [
      'a format in a summary',
      { summary: '<summary><format><file>/x</file></format></summary>' },
      {},
    ],
    [
      'another prefix',
      { requires: '<r:requires xmlns:r="urn:r"><r:entry name="a"/></r:requires>' },
      { requires: [{ name: 'a', range: undefined }] },
    ],
  ])('are read with %s', (_, parts, expected) => {
    expect(createDependencyReader()(element(parts))).toEqual({ ...plainPackage, ...expected });
    expect(slowDependencies(element(parts))).toEqual({ ...plainPackage, ...expected });
  });

  it('are one object where they are written the same', () => {
    const read = createDependencyReader();
    expect(read(element()).requires[0]).toBe(read(element({ name: '<name>b</name>' })).requires[0]);
  });

  it.each<[string, Record<string, string>]>([
    ['no name', { name: '' }],
    ['no version', { version: '' }],
    ['no checksum', { checksum: '' }],
    ['no end', { files: '<file>' }],
  ])('are refused with %s', (_, parts) => {
    expect(failure(() => createDependencyReader()(element(parts)))).toBe('invalid');
  });

  it('are shown as rpm shows them', () => {
    const { requires, provides } = createDependencyReader()(element());
    expect([...requires, ...provides].map(shownDependency)).toEqual([
      '/bin/sh',
      'gauge >= 2',
      'weir = 1:1.5-2.el9',
    ]);
  });
});
