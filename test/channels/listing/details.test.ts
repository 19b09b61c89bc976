import { expect, it } from 'vitest';
import { readFilelists } from '../../../src/repodata/filelists.ts';
import { elementsOf, fixtures } from '../../repodata/documents.ts';
import { listFixtures } from './mirrored.ts';

const byName = { sortBy: 'name', descending: false, part: '', limit: 1000 } as const;

it.each(fixtures.map((f) => f.name))(
  'Every package of a repository is there with its dependencies and all of its files: %s',
  async (name) => {
    const { listing, of } = await listFixtures(name);
    const repository = fixtures.find((f) => f.name === name)!;
    const lists = (await elementsOf(repository, 'filelists', 'filelists')).map(readFilelists);
    const { items } = await listing.page(of(name), byName);
    expect(items).toHaveLength(lists.length);
    for (const { id, line } of items) {
      const found = await listing.details([of(name)], id);
      expect(found).toMatchObject({ id, line, sources: [0] });
      expect(found!.record.checksum.value).toBe(line.checksum.value);
      expect(found!.record.dependencies.provides.length).toBeGreaterThan(0);
      expect(found!.files).toEqual(lists.find((l) => l.pkgid === line.checksum.value)!.files);
    }
  },
);

it('What a source does not have is not there, whoever else has it', async () => {
  const { listing, of, world } = await listFixtures('ol8', 'ol9');
  const id = 'weir-2.0.3-4.el9.x86_64';
  const view = of('view', await world.define(['ol9', 'ol8']));
  const without = of('without', await world.define(['ol9'], [{ packages: { exclude: ['weir'] } }]));
  expect((await listing.details([of('ol9'), of('ol8'), view, without], id))?.sources).toEqual([
    0, 2,
  ]);
  expect((await listing.details([view, of('ol9')], id))?.sources).toEqual([0, 1]);
  expect(await listing.details([of('ol8'), of('ol9')], id)).toBeUndefined();
  expect(await listing.details([without, of('ol9')], id)).toBeUndefined();
  for (const none of [
    'weir',
    'weir.x86_64',
    '',
    'weir-2.0.3-4.el9.i686',
    'weir-1:2.0.3-4.el9.x86_64',
  ])
    expect(await listing.details([of('ol9')], none)).toBeUndefined();
});
