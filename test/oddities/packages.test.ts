import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { raw } from '../server/mirrored.ts';
import { temporaryFolder } from '../support/app.ts';
import { createDnf } from '../support/dnf.ts';
import { hasDnf } from '../support/tools.ts';
import { documentsOf, expectAllServed, hex, type Odd, publish, publishOdd } from './publish.ts';

/** Where rpms lie and what they are called, and how yum, dnf and curl ask for that. */
const places: [href: string, asked: string[]][] = [
  ['getPackage/gauge-c++-1-1.noarch.rpm', ['getPackage/gauge-c%2B%2B-1-1.noarch.rpm']],
  ['tail-3.0~rc2-1.noarch.rpm', ['tail-3.0%7Erc2-1.noarch.rpm', 'tail-3.0%7erc2-1.noarch.rpm']],
  ['bed-3^git1-1.noarch.rpm', ['bed-3%5Egit1-1.noarch.rpm']],
  ['weir-1-1.noarch (1).rpm', ['weir-1-1.noarch%20(1).rpm', 'weir-1-1.noarch%20%281%29.rpm']],
  ['Packages/s/deep/er/not-its-name.rpm', ['Packages/s/deep/er/not-its-name.rpm']],
  ['Packages/渦-1-1.noarch.rpm', ['Packages/%E6%B8%A6-1-1.noarch.rpm']],
  ['a%2Bb-1-1.noarch.rpm', ['a%2Bb-1-1.noarch.rpm', 'a%252Bb-1-1.noarch.rpm']],
  ['./dot-1-1.noarch.rpm', ['dot-1-1.noarch.rpm']],
  ['a;b=c,d@e-1.rpm', ['a;b=c,d@e-1.rpm', 'a%3Bb%3Dc%2Cd%40e-1.rpm']],
];

it('an rpm is found wherever it lies, however the client writes its address, and is fetched so', async () => {
  const packages = places.map(([href], i) => ({ name: `p${i}`, href, bytes: Buffer.from(`${i}`) }));
  const odd = await publishOdd({ packages });
  // This one's href is encoded as it stands, so that the file's name has the character itself.
  await publish(odd.upstream.folder, {
    packages: [{ name: 'x', href: 'a+b-1-1.noarch.rpm', bytes: Buffer.from('6') }],
  });
  await publish(odd.upstream.folder, { packages });
  expect(await odd.sync('odd')).toMatchObject({ packages: places.length, setAsideCount: 0 });
  for (const [i, [href, asked]] of places.entries()) {
    for (const path of asked) {
      const { status, body } = await raw(odd.url, `/channels/odd/${path}`);
      expect(`${href} ${path} ${status} ${body}`).toBe(`${href} ${path} 200 ${i}`);
    }
  }
});

const oneAndOther: [string, Odd[], string[]][] = [
  [
    'have no epoch',
    [
      { name: 'a', epoch: null },
      { name: 'b', epoch: '' },
    ],
    [],
  ],
  [
    'depend on what has no epoch',
    [
      {
        name: 'a',
        format:
          '<rpm:requires><rpm:entry name="b" flags="GE" ver="1"/><rpm:entry name="c"/></rpm:requires>',
      },
    ],
    [],
  ],
  [
    'are twice there',
    [{ name: 'a' }, { name: 'a', href: 'again/a.rpm', bytes: Buffer.from('b') }],
    [],
  ],
  ['are listed twice alike', [{ name: 'a' }, { name: 'a' }], []],
  [
    'are summed by md5, sha, sha512',
    ['md5', 'sha', 'sha512'].map((sum) => ({ name: sum, sum })),
    [],
  ],
  [
    'have elements that nobody knows',
    [{ name: 'a', format: '<y:new xmlns:y="urn:y"><y:deep a="1"/></y:new><!-- --><![CDATA[x]]>' }],
    [],
  ],
  [
    'have rich dependencies',
    [{ name: 'a', format: '<rpm:requires><rpm:entry name="(b if c)"/></rpm:requires>' }],
    [],
  ],
];

it.for(oneAndOther)(
  'packages that %s are indexed and passed on',
  async ([, packages, warnings]) => {
    const odd = await publishOdd({ packages });
    expect(await odd.sync('odd')).toMatchObject({ outcome: 'updated', setAsideCount: 0, warnings });
    await expectAllServed(odd, odd.paths);
    expect(new Set(packages.map((p) => p.href ?? p.name)).size).toBe((await odd.last()).packages);
    for (const { name, href = `${name}-1-1.noarch.rpm`, bytes } of packages) {
      const rpm = await odd.get(href);
      expect(rpm.bytes.toString()).toBe(bytes?.toString() ?? `the rpm of ${name} 1-1`);
    }
  },
);

it.skipIf(!hasDnf)('dnf sees through Headwater what it sees upstream', async () => {
  const packages = oneAndOther
    .slice(0, 6)
    .flatMap(([, p], i) => p.map((q) => ({ ...q, release: `${i}` })));
  const odd = await publishOdd({ packages });
  await odd.sync('odd');
  const folder = await temporaryFolder();
  const direct = await createDnf(join(folder, 'direct'), odd.upstream.url);
  const through = await createDnf(join(folder, 'through'), `${odd.url}/channels/odd/`);
  const seen = await through.packages();
  expect(seen.length).toBeGreaterThan(6);
  expect(seen).toEqual(await direct.packages());
});

it('changelogs in any encoding, or in none, are passed on as they are', async () => {
  const changes = [
    Buffer.from('- für 渦 🌊'),
    Buffer.from([0x2d, 0x20, 0x66, 0xfc, 0x72, 0xff, 0xfe]),
  ];
  const packages = changes.map((change, i) => ({ name: `p${i}`, change }));
  const odd = await publishOdd({ packages });
  expect(await odd.sync('odd')).toMatchObject({ packages: 2, setAsideCount: 0, warnings: [] });
  await expectAllServed(odd, odd.paths);
});

const broken: [string, (xml: string) => string, RegExp][] = [
  ['no name', (x) => x.replace('<name>bad</name>', ''), /a package has no name/],
  ['no checksum', (x) => x.replace(/<checksum.*?<\/checksum>/, ''), /bad has no checksum/],
  [
    'a checksum of no known type',
    (x) => x.replace('"sha256"', '"crc32"'),
    /checksum of a known type/,
  ],
  ['no location', (x) => x.replace(/<location[^>]*>/, ''), /package bad has no location/],
  ['tags that cross', (x) => x.replace('<packager/>', '<a><b></a></b>'), /not well-formed/],
  [
    'a location outside',
    (x) => x.replace('"bad-1', '"../bad-1'),
    /location outside the repository/,
  ],
];

it('bad packages are set aside and reported, and nothing of them is lost', async () => {
  const packages = [{ name: 'brook' }, ...broken.map(() => ({ name: 'bad' }))];
  const [head, ...rest] = documentsOf(packages)
    .primary.toString()
    .split('<package type="rpm"><name>bad');
  const parts = rest.map((part, i) => broken[i]![1](`<package type="rpm"><name>bad${part}`));
  const odd = await publishOdd({ packages, documents: { primary: [head, ...parts].join('') } });
  const result = await odd.sync('odd');
  expect(result).toMatchObject({ outcome: 'updated', packages: 1, setAsideCount: broken.length });
  const last = await odd.last();
  expect(last).toMatchObject({ setAsideCount: broken.length, setAside: result.setAside });
  for (const [i, [what, , says]] of broken.entries()) {
    expect(last.setAside[i]!.document, what).toBe('primary');
    expect(last.setAside[i]!.reason, what).toMatch(says);
  }
  await expectAllServed(odd, odd.paths);
  expect((await odd.get('brook-1-1.noarch.rpm')).status).toBe(200);
});

it('a path whose rpm changed gives the rpm that the revision lists', async () => {
  const of = (text: string) => [{ name: 'brook', href: 'brook.rpm', bytes: Buffer.from(text) }];
  const odd = await publishOdd({ packages: of('old') });
  await odd.sync('odd');
  expect((await odd.get('brook.rpm')).bytes.toString()).toBe('old');
  const paths = await publish(odd.upstream.folder, { packages: of('new'), time: 1_700_000_100 });
  expect((await odd.get('brook.rpm')).bytes.toString()).toBe('old');
  expect(await odd.sync('odd')).toMatchObject({ packagesAdded: 1, packagesRemoved: 1 });
  const { bytes } = await odd.get('brook.rpm');
  expect(bytes.toString()).toBe('new');
  expect(hex('sha256', bytes)).toBe(
    hex('sha256', await readFile(join(odd.upstream.folder, 'brook.rpm'))),
  );
  await expectAllServed(odd, paths);
});

it('packages that upstream lists and does not have are a warning, and 404', async () => {
  const odd = await publishOdd(
    { packages: [{ name: 'brook' }, { name: 'weir' }] },
    { packages: 'immediate' },
  );
  odd.upstream.fault = (request, response) =>
    request.url!.includes('brook') && !!response.writeHead(404).end();
  expect(await odd.sync('odd')).toMatchObject({ outcome: 'updated', packages: 2 });
  expect((await odd.last()).warnings).toEqual([
    expect.stringMatching(/^1 packages could not be fetched, the first being brook-1-1.noarch.rpm/),
  ]);
  expect((await odd.get('brook-1-1.noarch.rpm')).status).toBe(404);
  expect((await odd.get('weir-1-1.noarch.rpm')).status).toBe(200);
});
