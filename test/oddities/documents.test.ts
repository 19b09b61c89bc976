import { expect, it } from 'vitest';
import { createPlace } from '../cli/headwater.ts';
import { temporaryFolder } from '../support/app.ts';
import { createDnf } from '../support/dnf.ts';
import { hasDnf } from '../support/tools.ts';
import {
  advisory,
  documentsOf,
  expectAllServed,
  publish,
  publishOdd,
  updateinfo,
} from './publish.ts';

const packages = [{ name: 'brook' }, { name: 'weir' }];
const later = 1_700_000_100;
const empty = '<filelists xmlns="http://linux.duke.edu/metadata/filelists" packages="0"/>';
const xzSha256 = Buffer.from('fd377a585a00000ae1fb0ca1', 'hex');

it.skipIf(!hasDnf).each([
  ['has no other', { other: undefined }, []],
  ['has neither filelists nor other', { other: undefined, filelists: undefined }, []],
  ['has empty filelists', { filelists: empty }, ['filelists has 0 packages, primary 2']],
  [
    'has filelists that end in the middle',
    { filelists: documentsOf(packages).filelists.toString().slice(0, -40) },
    [expect.stringMatching(/^filelists cannot be read: .*ends before its last element is closed/)],
  ],
  [
    'has HTML for other',
    { other: '<html>' },
    [expect.stringMatching(/^other cannot be read: .*<html>/)],
  ],
  [
    'has an other that is xz with a SHA-256 check',
    { other: xzSha256 },
    [
      expect.stringMatching(
        /^other cannot be read: .*xz with a SHA-256 check, which cannot be read: the/,
      ),
    ],
  ],
] as const)(
  'dnf reads a repository that %s, and so does Headwater',
  async (_, documents, warnings) => {
    const odd = await publishOdd({ packages, documents });
    expect(await odd.sync('odd')).toMatchObject({ outcome: 'updated', packages: 2 });
    expect((await odd.last()).warnings).toEqual(warnings);
    await expectAllServed(odd, odd.paths);
    const dnf = await createDnf(await temporaryFolder(), `${odd.url}/channels/odd/`);
    expect(await dnf.packages()).toHaveLength(2);
  },
);

it.each([
  ['ends in the middle', { primary: documentsOf(packages).primary.toString().slice(0, -40) }],
  ['is HTML', { primary: '<html></html>' }],
  ['is xz with a SHA-256 check', { primary: xzSha256 }],
])('a primary that %s fails the sync, and the old revision is served', async (_, documents) => {
  const odd = await publishOdd({ packages });
  await odd.sync('odd');
  const before = await odd.get('repodata/repomd.xml');
  await publish(odd.upstream.folder, { packages, documents, time: later });
  expect(await odd.sync('odd')).toMatchObject({
    outcome: 'failed',
    kind: 'invalid',
    revision: null,
  });
  expect((await odd.get('repodata/repomd.xml')).bytes.equals(before.bytes)).toBe(true);
});

it.each(['filelists', 'updateinfo', 'modules'])(
  'a listed %s that upstream does not have fails the sync, as dnf fails without it',
  async (type) => {
    const odd = await publishOdd({
      packages,
      documents: { updateinfo: updateinfo(), modules: '---\ndocument: modulemd-defaults\n' },
    });
    odd.upstream.fault = (request, response) =>
      request.url!.includes(`-${type}`) && !!response.writeHead(404).end();
    expect(await odd.sync('odd')).toMatchObject({ outcome: 'failed', kind: 'refused' });
  },
);

it('a listed other or comps that upstream does not have is a warning', async () => {
  const odd = await publishOdd({ packages, documents: { group: '<comps/>' } });
  odd.upstream.fault = (request, response) =>
    /-(group|other)/.test(request.url!) && !!response.writeHead(404).end();
  expect(await odd.sync('odd')).toMatchObject({ outcome: 'updated', packages: 2 });
  expect((await odd.last()).warnings.toSorted()).toEqual([
    expect.stringMatching(/^group is listed but missing upstream/),
    expect.stringMatching(/^other is listed but missing upstream/),
  ]);
});

it('comps whose groups are broken, or that are none, are set aside and passed on', async () => {
  const groups = '<group><name>A</name></group><group><id>b</id></group>';
  const odd = await publishOdd({ packages, documents: { group: `<comps>${groups}</comps>` } });
  expect(await odd.sync('odd')).toMatchObject({ outcome: 'updated', setAsideCount: 1 });
  expect((await odd.last()).setAside).toEqual([
    { document: 'group', reason: 'a group without an id' },
  ]);
  await expectAllServed(odd, odd.paths);
  const paths = await publish(odd.upstream.folder, {
    packages,
    documents: { group: '<comps><group>' },
    time: later,
  });
  expect(await odd.sync('odd')).toMatchObject({ outcome: 'updated', setAsideCount: 1 });
  await expectAllServed(odd, paths);
});

it('`source show` tells what was set aside, how much of it, and why', async () => {
  const folder = await temporaryFolder();
  const bad = Array.from({ length: 150 }, (_, i) => advisory(`ELBA-${i}`, '', ' <tr>'));
  await publish(folder, {
    packages,
    documents: { updateinfo: updateinfo(...bad), group: '<comps>' },
  });
  const place = await createPlace(`sources: [{label: odd, upstream: 'file:${folder}/'}]`);
  expect((await place.run('sync', 'odd')).stdout).toContain('set aside: 151 records');
  const { value } = await place.json<{ history: unknown[] }>('source', 'show', 'odd');
  expect(value.history[0]).toMatchObject({ outcome: 'updated', setAsideCount: 151 });
  const { stdout } = await place.run('source', 'show', 'odd');
  expect(stdout).toMatch(/set aside from updateinfo: an advisory is not well-formed XML/);
  expect(stdout).toMatch(/ASIDE/);
  expect(stdout).toMatch(/and 51 more/);
});
