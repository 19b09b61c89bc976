import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import type { PageWanted } from '../../../src/channels/listing/lines.ts';
import { createListing } from '../../../src/channels/listing/listing.ts';
import type { Place } from '../../../src/channels/listing/pick.ts';
import { createWorld, type Spec } from '../content/world.ts';

const byName = { sortBy: 'name', descending: false, part: '', limit: 1000 } as const;

async function open(specs: Record<string, Spec>) {
  const world = await createWorld(specs);
  const listing = createListing({ objects: world.objects, paths: world.paths });
  onTestFinished(listing.close);
  const of = (label: string, manifest = world.current.get(label)!) => ({ label, manifest });
  return { world, listing, of };
}

/** All pages, one after the other. */
async function all<T>(
  read: (after: Place | undefined) => Promise<{ items: T[]; next: Place | undefined }>,
): Promise<T[]> {
  const items: T[] = [];
  for (let after: Place | undefined; ; ) {
    const page = await read(after);
    items.push(...page.items);
    if (!page.next) return items;
    after = page.next;
  }
}

it('Packages come by name, architecture and version as rpm orders it, or by the time they were built', async () => {
  const packages = [
    'b-1-1.noarch',
    'a-1.9-1.x86_64',
    'a-1.10-1.x86_64',
    'a-1:0.1-1.x86_64',
    'a-1.10-1.i686',
    'B-1-1.noarch',
  ];
  const built = { 'b-1-1.noarch': 3, 'a-1.10-1.x86_64': 1, 'a-1.10-1.i686': 2 };
  const { listing, of } = await open({ base: { packages, built } });
  const list = async (wanted: Partial<PageWanted>) =>
    (await listing.page(of('base'), { ...byName, ...wanted })).items.map((p) => p.id);
  const named = [
    'B-1-1.noarch',
    'a-1.10-1.i686',
    'a-1.9-1.x86_64',
    'a-1.10-1.x86_64',
    'a-1:0.1-1.x86_64',
    'b-1-1.noarch',
  ];
  expect(await list({})).toEqual(named);
  expect(await list({ descending: true })).toEqual(named.toReversed());
  const timed = [
    'a-1.10-1.x86_64',
    'a-1.10-1.i686',
    'b-1-1.noarch',
    'B-1-1.noarch',
    'a-1.9-1.x86_64',
    'a-1:0.1-1.x86_64',
  ];
  expect(await list({ sortBy: 'time' })).toEqual(timed);
  expect(await list({ sortBy: 'time', descending: true })).toEqual(timed.toReversed());
  expect(await list({ part: 'b' })).toEqual(['B-1-1.noarch', 'b-1-1.noarch']);
  expect(await list({ part: 'a\nb' })).toEqual([]);
});

it('Pages of any size, in any order, of any view hold each package once', async () => {
  const nevra = fc
    .tuple(
      fc.constantFrom('a', 'b', 'ab', 'b-a', 'Ba', 'c'),
      fc.constantFrom('1', '2', '1:1', '10', '1~rc'),
      fc.constantFrom('x86_64', 'noarch'),
    )
    .map(([name, version, arch]) => `${name}-${version}-1.${arch}`);
  const repository = fc.uniqueArray(fc.tuple(nevra, fc.integer({ min: 0, max: 3 })), {
    selector: ([name]) => name,
    minLength: 1,
    maxLength: 12,
  });
  const { world, listing, of } = await open({
    one: { packages: ['z-1-1.noarch'] },
    two: { packages: ['z-1-1.noarch'] },
  });
  await fc.assert(
    fc.asyncProperty(
      fc.record({ one: repository, two: repository, limit: fc.integer({ min: 1, max: 5 }) }),
      fc.constantFrom('', 'a', 'b-', 'zz'),
      async ({ one, two, limit }, part) => {
        for (const [label, packages] of Object.entries({ one, two })) {
          // Another file of the same name in each.
          const spec = packages.map(([name, time]) => [`${name} of-${label}`, time] as const);
          const built = Object.fromEntries(spec);
          await world.change(label, { packages: Object.keys(built), built });
        }
        const both = [of('one'), of('two')];
        const view = await world.define(['two', 'one']);
        const contents = await Promise.all(
          both.map(({ label, manifest }) => world.contents.of(label, manifest)),
        );
        const ids = new Set<string>();
        for (const content of contents) {
          await world.contents.listPackages(content, (p) => {
            if (p.name.toLowerCase().includes(part)) ids.add(p.nevra.replace('-0:', '-'));
          });
        }
        for (const sortBy of ['name', 'time'] as const) {
          const orders: string[][] = [];
          for (const descending of [false, true]) {
            const wanted = { sortBy, descending, part, limit };
            const found = await all((after) => listing.search(both, { ...wanted, after }));
            expect(found.map((p) => p.id).toSorted()).toEqual([...ids].toSorted());
            for (const { id, sources } of found) {
              const has = [one, two].map((list) => list.some(([name]) => name === id));
              expect(sources).toEqual([0, 1].filter((i) => has[i]));
            }
            const own = await all((after) =>
              listing.page({ label: 'view', manifest: view }, { ...wanted, after }),
            );
            expect(own.map((p) => p.id).toSorted()).toEqual([...ids].toSorted());
            orders.push(found.map((p) => p.id));
            const timesOf = (id: string) =>
              [...one, ...two].flatMap(([name, time]) => (name === id ? [time] : []));
            for (const { id, built } of sortBy === 'time' ? found : []) {
              expect(built).toBe((descending ? Math.max : Math.min)(...timesOf(id)));
            }
            const times = found.map((p) => (sortBy === 'time' ? p.built : 0));
            expect(times).toEqual(times.toSorted((a, b) => (descending ? b - a : a - b)));
          }
          // What was built at several times has its place by the latest, or by the earliest.
          if (sortBy === 'name') expect(orders[1]).toEqual(orders[0]!.toReversed());
        }
      },
    ),
    { numRuns: 8 },
  );
}, 120_000);

it('What comes between two pages is on the second where it stands after the first, and moves nothing', async () => {
  const packages = ['a', 'c', 'e', 'g'].map((name) => `${name}-1-1.noarch`);
  const { world, listing, of } = await open({ base: { packages } });
  const wanted = { ...byName, limit: 2 };
  const first = await listing.page(of('base'), wanted);
  expect(first.items.map((p) => p.line.name)).toEqual(['a', 'c']);
  await world.change('base', { packages: [...packages, 'b-1-1.noarch', 'd-1-1.noarch'] });
  const second = await listing.page(of('base'), { ...wanted, after: first.next });
  expect(second.items.map((p) => p.line.name)).toEqual(['d', 'e']);
  await world.change('base', { packages: ['a-1-1.noarch', 'g-1-1.noarch'] });
  const third = await listing.page(of('base'), { ...wanted, after: second.next });
  expect(third.items.map((p) => p.line.name)).toEqual(['g']);
  expect(third.next).toBeUndefined();
});

it('A revision lists what it had, also when rows of the catalogue were given to others', async () => {
  const { world, listing, of } = await open({ base: { packages: ['a-1-1.noarch'] } });
  const names = async () => (await listing.page(of('base'), byName)).items.map((p) => p.id);
  expect(await names()).toEqual(['a-1-1.noarch']);
  const first = world.current.get('base')!;
  await world.change('base', { packages: ['b-1-1.noarch', 'c-1-1.noarch'] });
  expect(await names()).toEqual(['b-1-1.noarch', 'c-1-1.noarch']);
  await world.app.app.operations.rebuildCatalogue(() => {});
  expect(await names()).toEqual(['b-1-1.noarch', 'c-1-1.noarch']);
  const before = await listing.page(of('base', first), byName);
  expect(before.items.map((p) => p.id)).toEqual(['a-1-1.noarch']);
});
