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
