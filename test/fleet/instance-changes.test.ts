import { expect, it } from 'vitest';
import { machine, openFleet } from './fleet.ts';

it('Instances get compartments and tags; all of those that are named or none', async () => {
  const fleet = await openFleet();
  const { instanceChanges, identity } = fleet;
  await identity.compartments.create('production', '', 'ada');
  await identity.compartments.create('production:web', '', 'ada');
  const key = await fleet.key({ tags: ['green'] });
  const enrol = async () =>
    (await fleet.registration.register(machine([key]), '192.0.2.1')).instance.id;
  const [one, two] = [await enrol(), await enrol()];
  const to = { compartment: 'production:web', tags: ['blue', 'red'], noTags: ['green'] };
  expect(await instanceChanges.change([one, two, one], to, 'ada')).toMatchObject([
    { id: one, compartment: 'production:web', tags: ['blue', 'red'] },
    { id: two, compartment: 'production:web', tags: ['blue', 'red'] },
  ]);
  const listed = (compartment: string) =>
    fleet.instances.list({ compartment }).then((all) => all.map((i) => i.id));
  await instanceChanges.change([two], { compartment: 'production' }, 'ada');
  expect(await listed('production')).toEqual([one, two]);
  expect(await listed('production:web')).toEqual([one]);
  expect(await listed('prod')).toEqual([]);
  expect(await listed('')).toEqual([one, two]);
  const change = (about: object, ids = [one]) => instanceChanges.change(ids, about, 'ada');
  await expect(change({ tags: ['late'] }, [one, 17])).rejects.toThrow('there is no instance 17');
  await expect(change({ tags: ['late'], compartment: 'none' })).rejects.toThrow(
    'there is no compartment none',
  );
  await expect(change({ tags: ['a,b'] })).rejects.toThrow('cannot be a tag');
  expect(await fleet.instances.get(one)).toMatchObject({ tags: ['blue', 'red'] });
  await instanceChanges.change([one], { compartment: '' }, 'ada');
  expect(await fleet.instances.get(one)).toMatchObject({ compartment: null });
  const events = (await fleet.audit.query({ limit: 100, instance: one })).map(
    ({ event, subject, detail }) => `${event} ${subject ?? detail}`,
  );
  expect(events.slice(0, -1).reverse()).toEqual([
    ...['instance.moved from the root to production:web', 'instance.tagged blue'],
    ...['instance.tagged red', 'instance.untagged green'],
    'instance.moved from production:web to the root',
  ]);
});

it('Instances are where their compartment is once that has another name', async () => {
  const fleet = await openFleet();
  const { compartments } = fleet.identity;
  compartments.onRenamed(fleet.instances.forgetAll);
  await compartments.create('test', '', 'ada');
  const key = await fleet.key({ compartment: 'test' });
  const { instance } = await fleet.registration.register(machine([key]), '192.0.2.1');
  await compartments.rename('test', 'trial', 'ada');
  expect(await fleet.instances.get(instance.id)).toMatchObject({ compartment: 'trial' });
});

it('What users set on an instance is kept with it, and gone with it', async () => {
  const fleet = await openFleet();
  const { instanceChanges } = fleet;
  const key = await fleet.key();
  const { instance } = await fleet.registration.register(machine([key]), '192.0.2.1');
  expect(await instanceChanges.settings(instance.id)).toEqual({});
  await instanceChanges.setSettings(instance.id, { notificationTopicId: 'topic' }, 'ada');
  await instanceChanges.setSettings(instance.id, { isDataCollectionAuthorized: true }, 'ada');
  await instanceChanges.setSettings(instance.id, { isDataCollectionAuthorized: false }, 'ada');
  const set = { notificationTopicId: 'topic', isDataCollectionAuthorized: false };
  expect(await instanceChanges.settings(instance.id)).toEqual(set);
  await fleet.instances.remove(instance.id, { actor: 'user:ada' });
  expect(await instanceChanges.settings(instance.id)).toEqual({});
  await expect(instanceChanges.setSettings(instance.id, set, 'ada')).rejects.toThrow(
    `there is no instance ${instance.id}`,
  );
});

it('A compartment is listed in pages, by name or time, in both directions, with what was heard just now', async () => {
  const fleet = await openFleet();
  const { instances, identity } = fleet;
  await identity.compartments.create('web', '', 'ada');
  const key = await fleet.key({ compartment: 'web' });
  const names = ['c', 'a', 'b', 'a', 'd'];
  const ids: number[] = [];
  for (const name of names) {
    const { instance } = await fleet.registration.register(machine([key], { name }), '192.0.2.1');
    ids.push(instance.id);
  }
  await fleet.registration.register(machine([await fleet.key()]), '192.0.2.1');
  const walk = async (by: 'name' | 'registeredAt', descending: boolean) => {
    const found: number[] = [];
    for (let after: [string, number] | undefined; ; ) {
      const page = await instances.page({ compartment: 'web', by, descending, after, most: 2 });
      found.push(...page.map((i) => i.id));
      const last = page.at(-1);
      if (!last) return found.map((id) => ids.indexOf(id));
      after = [last[by], last.id];
    }
  };
  expect(await walk('registeredAt', false)).toEqual([0, 1, 2, 3, 4]);
  expect(await walk('registeredAt', true)).toEqual([4, 3, 2, 1, 0]);
  expect(await walk('name', false)).toEqual([1, 3, 2, 0, 4]);
  expect(await walk('name', true)).toEqual([4, 0, 2, 3, 1]);
  const seen = await instances.require(ids[0]!);
  instances.seen(seen, { address: '192.0.2.9', kernel: '5.15' });
  const about = { compartment: 'web', name: 'c', by: 'name', descending: false, most: 9 } as const;
  expect(await instances.page(about)).toMatchObject([{ id: ids[0], kernel: '5.15' }]);
});
