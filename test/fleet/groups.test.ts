import { expect, it } from 'vitest';
import { refused } from '../../src/fleet/refusals.ts';
import { machine, openFleet } from './fleet.ts';

it('Instances join and leave groups, which give them their sources', async () => {
  const fleet = await openFleet({
    onAttach(ids, labels) {
      if (ids.includes(refusing) && labels.includes('ol9')) {
        throw refused('not_permitted', 'ol9 is for release 9');
      }
    },
  });
  const { groups, instances } = fleet;
  const key = await fleet.key();
  const enrol = async () =>
    (await fleet.registration.register(machine([key]), '192.0.2.1')).instance.id;
  let refusing = 0;
  const [one, two] = [await enrol(), await enrol()];
  refusing = two;
  fleet.attached.length = 0;
  await groups.create('web', {}, 'ada');
  await expect(groups.create('web', {}, 'ada')).rejects.toThrow('there is a group web already');
  await expect(groups.create('-web', {}, 'ada')).rejects.toThrow("cannot be a group's name");
  expect(await groups.attach('web', ['ol8'], 'ada')).toEqual({ done: [], failed: [] });
  expect(await groups.add('web', [one], 'ada')).toEqual({ done: [one], failed: [] });
  await groups.add('web', [two], 'ada');
  // One that cannot have it stands in nobody's way.
  const failed = [{ instance: two, reason: 'ol9 is for release 9' }];
  expect(await groups.attach('web', ['ol9'], 'ada')).toEqual({ done: [one], failed });
  expect((await groups.require('web')).sources).toEqual(['ol8', 'ol9']);
  await groups.detach('web', ['ol8', 'ol9'], 'ada');
  expect(fleet.attached).toEqual([
    { attach: [one], labels: ['ol8'] },
    { attach: [two], labels: ['ol8'] },
    { attach: [one], labels: ['ol9'] },
    { detach: [one], labels: ['ol8', 'ol9'] },
    { detach: [two], labels: ['ol8', 'ol9'] },
  ]);
  expect(await instances.get(one)).toMatchObject({ groups: ['web'] });
  expect(await groups.list()).toMatchObject([{ name: 'web', instances: 2, sources: [] }]);
  await groups.drop('web', [one], 'ada');
  expect(await instances.get(one)).toMatchObject({ groups: [] });
  await expect(groups.drop('web', [one], 'ada')).rejects.toThrow(
    `instance ${one} is not in the group web`,
  );
  expect((await groups.show('web')).members.map((m) => m.id)).toEqual([two]);
  // All or none.
  await expect(groups.add('web', [one, 17], 'ada')).rejects.toThrow('there is no instance 17');
  expect(await instances.get(one)).toMatchObject({ groups: [] });
  await groups.remove('web', 'ada');
  expect(await instances.get(two)).toMatchObject({ groups: [] });
  await expect(groups.show('web')).rejects.toThrow('there is no group web');
  const events = (await fleet.audit.query({ limit: 100 })).map((e) => e.event).reverse();
  expect(events.filter((e) => e.startsWith('group.'))).toEqual([
    ...['group.created', 'group.attached', 'group.joined', 'group.joined', 'group.attached'],
    ...['group.detached', 'group.detached', 'group.left', 'group.removed'],
  ]);
});

const other = { osRelease: '9' };

it('All members of a group have one release and architecture; who has not is refused, and with them all that were named', async () => {
  const fleet = await openFleet();
  const { groups, instances } = fleet;
  const key = await fleet.key();
  const enrol = async (about = {}) =>
    (await fleet.registration.register(machine([key], about), '192.0.2.1')).instance.id;
  const [eight, point, nine, arm] = [
    await enrol(),
    await enrol({ osRelease: '8.10' }),
    await enrol(other),
    await enrol({ arch: 'aarch64' }),
  ];
  await groups.create('web', {}, 'ada');
  expect(await groups.about('web')).toMatchObject({ system: null, instances: 0 });
  // Nobody decides for an empty group but who comes first.
  await expect(groups.add('web', [nine, eight], 'ada')).rejects.toThrow(
    `instance ${eight} has release 8, x86_64, and the members of the group web have release 9, x86_64`,
  );
  expect(await groups.members('web')).toEqual([]);
  await groups.add('web', [eight, point], 'ada');
  await expect(groups.add('web', [arm], 'ada')).rejects.toMatchObject({
    kind: 'conflict',
    message: expect.stringContaining(`instance ${arm} has release 8, aarch64`),
  });
  expect(await groups.about('web')).toMatchObject({
    system: { osRelease: '8', arch: 'x86_64-redhat-linux' },
    instances: 2,
  });
  // Of two that come at the same time one is first.
  await groups.create('new', {}, 'ada');
  const both = await Promise.allSettled([
    groups.add('new', [eight], 'ada'),
    groups.add('new', [nine], 'ada'),
  ]);
  expect(both.map((b) => b.status).sort()).toEqual(['fulfilled', 'rejected']);
  // Whose release is another one later leaves.
  await groups.drop('web', [eight], 'ada');
  await groups.add('web', [eight], 'ada');
  const upgraded = await instances.setRelease(point, '9');
  expect(await groups.settle(upgraded, `instance:${point}`)).toMatchObject({ groups: [] });
  const [last] = await fleet.audited('group.left');
  expect(last).toMatchObject({ instance: point, subject: 'web', actor: `instance:${point}` });
  expect(last!.detail).toContain('the members of the group web have release 8, x86_64');
});

it('A machine registers without the groups whose members have another release, and leaves them where it comes back with one', async () => {
  const fleet = await openFleet();
  const { groups, instances, registration } = fleet;
  await groups.create('web', {}, 'ada');
  await groups.create('all', {}, 'ada');
  const key = await fleet.key({ groups: ['web'] });
  const first = (await registration.register(machine([key]), '192.0.2.1')).instance;
  expect(first.groups).toEqual(['web']);
  const nine = (await registration.register(machine([key], other), '192.0.2.1')).instance;
  expect(nine.groups).toEqual([]);
  expect(await fleet.audited('group.refused')).toMatchObject([
    { instance: nine.id, subject: 'web', actor: expect.stringMatching(/^key:/) },
  ]);
  // What is given to groups that it is not in is not for it.
  expect(fleet.attached.at(-1)).toMatchObject({ initial: nine.id, groups: [] });
  await groups.add('all', [first.id], 'ada');
  const second = (await registration.register(machine([key]), '192.0.2.1')).instance;
  const again = await fleet.key({ reactivates: first.id, groups: ['web'] });
  const back = await registration.register(machine([again], other), '192.0.2.1');
  // Alone in one of them, it decides for it.
  expect(back.instance).toMatchObject({ id: first.id, groups: ['all'] });
  expect(await groups.members('web')).toEqual([second.id]);
  expect(await fleet.audited('group.left')).toMatchObject([{ instance: first.id, subject: 'web' }]);
  expect(await instances.get(second.id)).toMatchObject({ groups: ['web'] });
});

it('A group is shown under any name, and has one of its own that is made of it', async () => {
  const fleet = await openFleet();
  const { groups, identity } = fleet;
  await identity.compartments.create('production', '', 'ada');
  const made = await groups.create(
    null,
    { displayName: 'Büro: Web-Server', compartment: 'production', freeformTags: { for: 'all' } },
    'ada',
  );
  expect(made).toMatchObject({
    ...{ name: 'Buro-Web-Server', displayName: 'Büro: Web-Server', compartment: 'production' },
    ...{ freeformTags: { for: 'all' }, definedTags: {}, osFamily: 'LINUX', description: null },
    ocid: expect.stringMatching(/^ocid1\.osmsmanagedinstancegroup\.oc1\.\.[a-z2-7]{60}$/),
  });
  const same = await groups.create(null, { displayName: 'Büro: Web-Server' }, 'ada');
  expect(same).toMatchObject({ name: 'Buro-Web-Server-2', compartment: '' });
  expect((await groups.create(null, { displayName: '日本' }, 'ada')).name).toBe('group');
  const long = 'x'.repeat(80);
  expect((await groups.create(null, { displayName: long }, 'ada')).name).toBe('x'.repeat(64));
  expect((await groups.create(null, { displayName: long }, 'ada')).name).toBe(
    `${'x'.repeat(62)}-2`,
  );
  const changed = await groups.change(
    'Buro-Web-Server',
    { displayName: 'Web', description: 'all of it', compartment: '' },
    'ada',
  );
  expect(changed).toMatchObject({
    ...{ name: made.name, ocid: made.ocid, displayName: 'Web', description: 'all of it' },
    ...{ compartment: '', freeformTags: { for: 'all' } },
  });
  // Of what several say at the same time all is kept.
  await Promise.all([
    groups.change(made.name, { freeformTags: { for: 'some' } }, 'ada'),
    groups.change(made.name, { definedTags: { team: { name: 'web' } } }, 'ada'),
  ]);
  expect(await groups.about(made.name)).toMatchObject({
    ...{ freeformTags: { for: 'some' }, definedTags: { team: { name: 'web' } } },
  });
  expect(await groups.change(made.name, { displayName: null }, 'ada')).toMatchObject({
    displayName: made.name,
    description: 'all of it',
  });
  await expect(groups.create('x', { compartment: 'none' }, 'ada')).rejects.toThrow(
    'there is no compartment none',
  );
  await expect(groups.create('x', { displayName: ' ' }, 'ada')).rejects.toThrow('1 to 255');
  await expect(groups.change('none', {}, 'ada')).rejects.toThrow('there is no group none');
  expect(await fleet.audited('group.moved')).toMatchObject([
    { actor: 'user:ada', subject: made.name, detail: 'to the root' },
  ]);
  // One that has its name later is another.
  await groups.remove(made.name, 'ada');
  const next = await groups.create(made.name, {}, 'ada');
  expect(next).toMatchObject({ displayName: made.name, freeformTags: {}, description: null });
  expect(next.ocid).not.toBe(made.ocid);
  const { groups: later } = await fleet.again();
  expect(await later.about('group')).toMatchObject({ displayName: '日本' });
});
