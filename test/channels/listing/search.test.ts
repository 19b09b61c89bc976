import { rm } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { createListing, type SearchWanted } from '../../../src/channels/listing/listing.ts';
import { createWorld } from '../content/world.ts';

const byName = { sortBy: 'name', descending: false, part: '', limit: 100 } as const;

async function open() {
  const world = await createWorld({
    base: {
      packages: ['ssl-1-1.x86_64', 'ssl-2-1.x86_64', 'libssl-2-1.x86_64', 'other-1-1.noarch'],
      advisories: [
        { id: 'ELSA-1', cves: ['CVE-2024-1'], packages: ['ssl-2-1.x86_64', 'libssl-2-1.x86_64'] },
        { id: 'ELBA-1', type: 'bugfix', packages: ['ssl-2-1.x86_64'] },
      ],
    },
    more: {
      packages: ['ssl-2-1.x86_64 rebuilt', 'SSL-tools-1-1.noarch'],
      advisories: [
        { id: 'ELSA-2', cves: ['cve-2024-2'], packages: ['SSL-tools-1-1.noarch'] },
        { id: 'ELSA-3', cves: ['CVE-2024-1'], packages: ['gone-1-1.noarch'] },
      ],
    },
  });
  const listing = createListing({ objects: world.objects, paths: world.paths });
  onTestFinished(listing.close);
  const view = await world.define(['base'], [{ packages: { exclude: ['ssl-2'] } }]);
  const revisions = [
    { label: 'base', manifest: world.current.get('base')! },
    { label: 'more', manifest: world.current.get('more')! },
    { label: 'view', manifest: view },
  ];
  const search = async (wanted: Partial<SearchWanted>, of = revisions) =>
    (await listing.search(of, { ...byName, ...wanted })).items.map(
      (p) => `${p.id} ${p.sources.join('')} ${p.errata.map((e) => e.id).join(' ')}`,
    );
  return Object.assign(search, { world, revisions });
}

it('Packages are found by a part of their name, with the sources that have them and the advisories that ship them', async () => {
  const search = await open();
  expect(await search({ part: 'SSL' })).toEqual([
    'SSL-tools-1-1.noarch 1 ELSA-2',
    'libssl-2-1.x86_64 02 ELSA-1',
    'ssl-1-1.x86_64 02 ',
    'ssl-2-1.x86_64 01 ELBA-1 ELSA-1',
  ]);
  expect(await search({ part: 'nothing' })).toEqual([]);
  expect(await search({})).toHaveLength(5);
  expect(await search({}, [])).toEqual([]);
});

it('They are found by what they are called, with more or less of it', async () => {
  const search = await open();
  const ssl2 = 'ssl-2-1.x86_64 01 ELBA-1 ELSA-1';
  expect(await search({ called: 'ssl-2-1.x86_64' })).toEqual([ssl2]);
  expect(await search({ called: 'ssl-0:2-1.x86_64' })).toEqual([ssl2]);
  expect(await search({ called: 'ssl' })).toEqual(['ssl-1-1.x86_64 02 ', ssl2]);
  expect(await search({ called: 'ssl.x86_64', part: 'lib' })).toEqual([]);
  expect(await search({ called: 'ssl.noarch' })).toEqual([]);
  expect(await search({ called: '' })).toEqual([]);
});

it('They are found by a CVE that an advisory of a source refers to which ships them', async () => {
  const search = await open();
  expect(await search({ cve: 'CVE-2024-1' })).toEqual([
    'libssl-2-1.x86_64 02 ELSA-1',
    'ssl-2-1.x86_64 01 ELBA-1 ELSA-1',
  ]);
  expect(await search({ cve: 'CVE-2024-1', part: 'lib' })).toEqual(['libssl-2-1.x86_64 02 ELSA-1']);
  expect(await search({ cve: 'CVE-2024-2' })).toEqual(['SSL-tools-1-1.noarch 1 ELSA-2']);
  expect(await search({ cve: 'CVE-2024-2', called: 'ssl' })).toEqual([]);
  expect(await search({ cve: 'CVE-2024-3' })).toEqual([]);
});

it('A source that cannot be read is named, and the others are searched', async () => {
  const search = await open();
  const { world, revisions } = search;
  const { path } = (await world.objects.find(revisions[1]!.manifest))!;
  await rm(path);
  const listing = createListing({ objects: world.objects, paths: world.paths });
  onTestFinished(listing.close);
  const found = await listing.search(revisions, { ...byName, part: 'ssl' });
  expect(found.items.map((p) => p.id)).toEqual([
    'libssl-2-1.x86_64',
    'ssl-1-1.x86_64',
    'ssl-2-1.x86_64',
  ]);
  expect(found.unread).toEqual([{ label: 'more', reason: expect.stringContaining('missing') }]);
  const { items } = await listing.page(revisions[0]!, byName);
  expect(items).toHaveLength(4);
  await expect(listing.page(revisions[1]!, byName)).rejects.toThrow('missing');
  const shown = await listing.details(revisions, 'ssl-2-1.x86_64');
  expect(shown?.sources).toEqual([0]);
});
