import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/app.ts';
import { createDnf } from '../support/dnf.ts';
import { hasDnf } from '../support/tools.ts';
import { expectAllServed, type Publication, publish, publishOdd } from './publish.ts';

const packages = [{ name: 'brook' }, { name: 'weir' }];
const cut = (what: RegExp) => (repomd: string) => repomd.replace(what, '');

const harmless: [string, Partial<Publication>, RegExp[]][] = [
  ['has no revision', { edit: cut(/<revision>.*<\/revision>/) }, []],
  [
    'has a revision that is no number',
    { edit: (x) => x.replace('>1700000000<', '>el8 2023<') },
    [],
  ],
  ['has no sizes', { edit: cut(/<(open-)?size>\d+<\/\1?size>/g) }, []],
  [
    'has sizes of zero',
    { edit: (x) => x.replace(/size>\d+</g, 'size>0<') },
    [/gives 0 as the size of primary/],
  ],
  [
    'has no checksums',
    { edit: cut(/<(open-)?checksum.*?<\/\1?checksum>/g) },
    [/gives no checksum for primary/],
  ],
  ['has fractional timestamps', { time: '1700000000.53' }, []],
  ['has no timestamps', { edit: cut(/<timestamp>.*?<\/timestamp>/g) }, []],
  [
    'mixes sha1 and sha256, as that of Oracle Linux 8 codeready/builder does',
    { sums: { filelists: 'sha1', other: 'sha' } },
    [],
  ],
  ['is of sha512', { sums: { primary: 'sha512', filelists: 'sha512', other: 'sha512' } }, []],
  [
    'has wrong open-checksums',
    { edit: (x) => x.replace(/(<open-checksum type="sha256">)..../g, '$10000') },
    [/open-checksum of primary is wrong/],
  ],
  [
    'counts packages that are not there',
    {
      documents: {
        primary: '<metadata packages="1264">\n</metadata>\n',
        filelists: '<filelists packages="0"/>',
        other: '<otherdata packages="0"/>',
      },
    },
    [/primary says it has 1264 packages; it has 0/],
  ],
  [
    'has elements that nobody knows',
    {
      edit: (x) =>
        x
          .replace(
            '<revision>',
            '<y:signature xmlns:y="urn:y"><y:key>1</y:key></y:signature><revision>',
          )
          .replace('<location', '<header-size>7</header-size><location'),
    },
    [],
  ],
];

it.for(harmless)('a repomd.xml that %s is mirrored as it is', async ([, is, warnings]) => {
  const odd = await publishOdd({ packages, ...is });
  const result = await odd.sync('odd');
  expect(result).toMatchObject({ outcome: 'updated', setAsideCount: 0 });
  const { warnings: noted } = await odd.last();
  for (const warning of warnings) expect(noted.join('\n')).toMatch(warning);
  if (warnings.length === 0) expect(noted).toEqual([]);
  await expectAllServed(odd, odd.paths);
  expect(await odd.sync('odd')).toMatchObject({ outcome: 'unchanged' });
});

it.skipIf(!hasDnf)('dnf reads such repositories through Headwater', async () => {
  const folder = await temporaryFolder();
  for (const i of [2, 5, 7]) {
    const [, is] = harmless[i]!;
    const odd = await publishOdd({ packages, ...is });
    await odd.sync('odd');
    const dnf = await createDnf(`${folder}/${i}`, `${odd.url}/channels/odd/`);
    expect(await dnf.packages()).toHaveLength(2);
  }
});

const unknownTypes =
  'susedata suseinfo patterns license appdata filelists-ext primary_zck productid deltainfo';

it('documents of types that nobody knows are passed on as they came', async () => {
  const unknown = Object.fromEntries(
    unknownTypes.split(' ').map((type) => [type, Buffer.from(`\0ZCK1 the bytes of ${type}`)]),
  );
  const prestodelta = '<prestodelta><newpackage name="brook"/></prestodelta>';
  const odd = await publishOdd({ packages, documents: { ...unknown, prestodelta } });
  expect(await odd.sync('odd')).toMatchObject({ outcome: 'updated', packages: 2, warnings: [] });
  expect(Object.keys(odd.paths)).toHaveLength(3 + 10);
  await expectAllServed(odd, odd.paths);
});

it('two documents of one type in two compressions are both passed on', async () => {
  const odd = await publishOdd({
    packages,
    documents: { group: Buffer.from('<comps/>'), group_gz: '<comps/>' },
  });
  expect(await odd.sync('odd')).toMatchObject({ outcome: 'updated', warnings: [] });
  await expectAllServed(odd, odd.paths);
});

it('a repository with only primary_db is refused, and says why', async () => {
  const odd = await publishOdd({
    documents: { primary: undefined, primary_db: Buffer.from('SQLite format 3\0') },
  });
  expect(await odd.sync('odd')).toMatchObject({
    outcome: 'failed',
    kind: 'invalid',
    reason: expect.stringMatching(
      /source odd: .*repomd\.xml: .*cannot be mirrored: it has only the SQLite form of primary \(primary_db\)/,
    ),
  });
});

it('plain names whose files are replaced never mix two revisions', async () => {
  const names = { primary: 'primary.xml.gz', filelists: 'filelists.xml.gz', other: 'other.xml.gz' };
  const odd = await publishOdd({ packages, names });
  await odd.sync('odd');
  const before = await odd.get('repodata/primary.xml.gz');
  await publish(odd.upstream.folder, {
    packages: [{ name: 'sluice' }],
    names,
    time: 1_700_000_100,
  });
  // What a client reads is of the revision whose repomd.xml it read, until the sync is over.
  expect((await odd.get('repodata/primary.xml.gz')).bytes.equals(before.bytes)).toBe(true);
  expect(await odd.sync('odd')).toMatchObject({ outcome: 'updated', packages: 1 });
  await expectAllServed(odd, odd.paths);
});
