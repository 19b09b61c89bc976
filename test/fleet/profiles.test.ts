import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import type { ProfilePackage } from '../../src/fleet/profiles.ts';
import { packProfile, unpackProfile } from '../../src/store/state/packed-profile.ts';
import { machine, openFleet, type TestFleet } from './fleet.ts';

const pkg = (i: number, about: Partial<ProfilePackage> = {}): ProfilePackage => ({
  name: `package-${String(i).padStart(6, '0')}`,
  epoch: i % 5 === 0 ? '1' : '',
  version: '1.2.3',
  release: `${i}.el8`,
  arch: 'x86_64',
  installedAt: 1_700_000_000 + (i % 7) * 40 + i,
  ...about,
});
const profile = (from: number, count: number) => [...Array(count).keys()].map((i) => pkg(from + i));

async function instanceOf(fleet: TestFleet): Promise<number> {
  return (await fleet.registration.register(machine([await fleet.key()]), '192.0.2.1')).instance.id;
}

it('A packed profile is unpacked to what it was', () => {
  const entries = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 2 ** 45 }), fc.integer({ min: 0, max: 2 ** 40 })),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(entries, (list) => {
      const installed = new Map(list);
      const back = unpackProfile(packProfile(installed));
      expect([...back]).toEqual([...installed].sort(([a], [b]) => a - b));
    }),
    { numRuns: 500 },
  );
});

it('Bytes that are no profile are refused', () => {
  const good = packProfile(
    new Map([
      [300, 1_700_000_000],
      [301, 0],
    ]),
  );
  for (let i = 0; i < good.length; i++)
    expect(() => unpackProfile(good.subarray(0, i))).toThrow('damaged');
  expect(() => unpackProfile(Buffer.from([9]))).toThrow('damaged');
  expect(() => unpackProfile(Buffer.from([1, 255, 255, 255, 255, 15]))).toThrow('damaged');
});

it('A profile is what was told last, each package once', async () => {
  const fleet = await openFleet();
  const id = await instanceOf(fleet);
  expect(await fleet.profiles.count(id)).toBeUndefined();
  expect(await fleet.profiles.of(id)).toEqual([]);
  const first = profile(0, 20);
  await fleet.profiles.replace(id, [...first, first[3]!]);
  expect(await fleet.profiles.of(id)).toEqual(first);
  expect(await fleet.profiles.count(id)).toBe(20);
  const next = [...profile(5, 20), { ...pkg(99), installedAt: undefined }];
  await fleet.profiles.replace(id, next);
  expect(await fleet.profiles.of(id)).toEqual(next);
  await fleet.profiles.change(id, { added: [pkg(100)], deleted: [pkg(5), pkg(1000)] });
  expect(await fleet.profiles.of(id)).toEqual([...next.slice(1), pkg(100)]);
  const later = await fleet.again();
  expect(await later.profiles.of(id)).toEqual([...next.slice(1), pkg(100)]);
});

it('Packages that differ in one field only are different ones', async () => {
  const fleet = await openFleet();
  const id = await instanceOf(fleet);
  const base = { name: 'a', epoch: '', version: '1', release: '1', arch: 'x86_64', installedAt: 5 };
  const all = [
    base,
    { ...base, epoch: '0' },
    { ...base, version: '2' },
    { ...base, release: '2' },
    { ...base, arch: 'i686' },
  ];
  await fleet.profiles.replace(id, all);
  expect(await fleet.profiles.of(id)).toHaveLength(5);
  expect(await fleet.profiles.of(id)).toEqual(expect.arrayContaining(all));
});

it('The same profile again is not written', async () => {
  const fleet = await openFleet();
  const id = await instanceOf(fleet);
  await fleet.profiles.replace(id, profile(0, 10));
  await fleet.state.updateTable('profile').set({ changed_at: 'before' }).execute();
  await fleet.profiles.replace(id, profile(0, 10).reverse());
  const later = await fleet.again();
  await later.profiles.replace(id, profile(0, 10));
  const changed = () => later.state.selectFrom('profile').select('changed_at').executeTakeFirst();
  expect(await changed()).toEqual({ changed_at: 'before' });
  await later.profiles.replace(id, profile(0, 11));
  expect(await changed()).not.toEqual({ changed_at: 'before' });
});

it('Changes that come together all happen', async () => {
  const fleet = await openFleet();
  const id = await instanceOf(fleet);
  await fleet.profiles.replace(id, profile(0, 5));
  await Promise.all(
    [10, 11, 12, 13].map((i) =>
      fleet.profiles.change(id, { added: [pkg(i)], deleted: [pkg(i - 10)] }),
    ),
  );
  expect((await fleet.profiles.of(id)).map((p) => p.release)).toEqual([
    '4.el8',
    '10.el8',
    '11.el8',
    '12.el8',
    '13.el8',
  ]);
});

it('A profile of 60,000 packages is kept, and each version of a package once', async () => {
  const fleet = await openFleet();
  const [one, two] = [await instanceOf(fleet), await instanceOf(fleet)];
  const many = profile(0, 60_000);
  await Promise.all([fleet.profiles.replace(one, many), fleet.profiles.replace(two, many)]);
  expect(await fleet.profiles.count(two)).toBe(60_000);
  expect(await fleet.profiles.of(one)).toEqual(many);
  const { rows } = await fleet.state
    .selectFrom('nevra')
    .select((e) => e.fn.countAll().as('rows'))
    .executeTakeFirstOrThrow();
  expect(rows).toBe(60_000);
  const kept = await fleet.state.selectFrom('profile').select('packages').execute();
  for (const { packages } of kept) expect(packages.length / 60_000).toBeLessThan(4);
});

it('Versions of packages go that no instance has any more, also while profiles are written', async () => {
  const fleet = await openFleet();
  const ids = await Promise.all([1, 2, 3].map(() => instanceOf(fleet)));
  const [one, two, three] = ids as [number, number, number];
  const known = async () =>
    (await fleet.state.selectFrom('nevra').select('name').orderBy('name').execute()).length;
  await fleet.profiles.replace(one, profile(0, 50));
  await fleet.profiles.replace(two, profile(25, 50));
  await fleet.profiles.replace(one, profile(20, 10));
  expect(await known()).toBe(75);
  // What one of them had is had again by another, by the way.
  const pruned = fleet.profiles.prune();
  const again = fleet.profiles.replace(three, profile(0, 10));
  const later = fleet.profiles.change(two, { added: [pkg(500)], deleted: [pkg(74)] });
  await Promise.all([pruned, again, later]);
  await fleet.profiles.prune();
  expect(await known()).toBe(10 + 54 + 1);
  expect(await fleet.profiles.of(one)).toEqual(profile(20, 10));
  expect(await fleet.profiles.of(two)).toEqual([...profile(25, 49), pkg(500)]);
  expect(await fleet.profiles.of(three)).toEqual(profile(0, 10));
  await fleet.instances.remove(two, { actor: 'user:ada' });
  expect(await fleet.profiles.prune()).toBe(45);
  await fleet.profiles.replace(three, profile(30, 30));
  expect(await fleet.profiles.of(three)).toEqual(profile(30, 30));
});

it('Whatever is written while versions are removed is whole afterwards', async () => {
  const fleet = await openFleet();
  const ids = [await instanceOf(fleet), await instanceOf(fleet), await instanceOf(fleet)];
  let seed = 7;
  const next = (below: number) => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  const expected = new Map<number, ProfilePackage[]>();
  for (let round = 0; round < 30; round++) {
    const work: Promise<unknown>[] = [];
    for (const id of ids) {
      const list = profile(next(400), 1 + next(100));
      expected.set(id, list);
      work.push(fleet.profiles.replace(id, list));
      if (next(3) === 0) work.push(fleet.profiles.prune());
    }
    await Promise.all(work);
    for (const id of ids) expect(await fleet.profiles.of(id)).toEqual(expected.get(id));
  }
});

it('A profile grows beyond its bound in no number of steps', async () => {
  const before = limits.profilePackages;
  limits.profilePackages = 100;
  onTestFinished(() => {
    limits.profilePackages = before;
  });
  const fleet = await openFleet();
  const id = await instanceOf(fleet);
  const add = (from: number, count: number) =>
    fleet.profiles.change(id, { added: profile(from, count), deleted: [] });
  await add(0, 60);
  await add(50, 50);
  for (const refused of [add(100, 1), add(0, 101)]) {
    await expect(refused).rejects.toMatchObject({ kind: 'limit' });
  }
  expect(await fleet.profiles.of(id)).toEqual(profile(0, 100));
  await fleet.profiles.change(id, { added: [pkg(100)], deleted: [pkg(0)] });
  expect(await fleet.profiles.count(id)).toBe(100);
});
