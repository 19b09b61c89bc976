import type { OsManagementClient } from 'oci-osmanagement';
import { expect, it } from 'vitest';
import { fixture } from '../../cli/headwater.ts';
import { openApi } from './registered.ts';

const absent = { statusCode: 404, serviceCode: 'NotAuthorizedOrNotFound' };
const system = { arch: 'x86_64', release: 8 };

async function world() {
  const api = await openApi([
    { label: 'base', upstream: fixture('ol8'), ...system },
    { label: 'secret', upstream: fixture('ol8'), ...system },
  ]);
  const production = await api.compartment('production');
  const test = await api.compartment('test');
  await api.identity.resources.change('source', 'secret', { compartment: 'test' });
  const { ocid: instance } = await api.enrol({ compartment: 'production' });
  const { ocid: elsewhere } = await api.enrol({ compartment: 'test' });
  const by = 'ada';
  const group = (await api.operations.createGroup('web', { compartment: 'production', by })).ocid;
  const base = await api.source('base');
  const secret = await api.source('secret');
  return { ...api, production, test, instance, elsewhere, group, base, secret };
}
type World = Awaited<ReturnType<typeof world>>;

/** What can be done with instances and groups of `production`, and what has to be granted for it. */
const deeds: Record<string, (client: OsManagementClient, w: World) => Promise<unknown>> = {
  list: (c, w) => c.listManagedInstances({ compartmentId: w.production }),
  get: (c, w) => c.getManagedInstance({ managedInstanceId: w.instance }),
  packages: (c, w) => c.listPackagesInstalledOnManagedInstance({ managedInstanceId: w.instance }),
  available: (c, w) =>
    c.listAvailableSoftwareSourcesForManagedInstance({ managedInstanceId: w.instance }),
  update: (c, w) =>
    c.updateManagedInstance({
      managedInstanceId: w.instance,
      updateManagedInstanceDetails: { notificationTopicId: 'x' },
    }),
  attach: (c, w) =>
    c.attachParentSoftwareSourceToManagedInstance({
      managedInstanceId: w.instance,
      attachParentSoftwareSourceToManagedInstanceDetails: { softwareSourceId: w.base },
    }),
  detach: (c, w) =>
    c.detachParentSoftwareSourceFromManagedInstance({
      managedInstanceId: w.instance,
      detachParentSoftwareSourceFromManagedInstanceDetails: { softwareSourceId: w.base },
    }),
  'list groups': (c, w) => c.listManagedInstanceGroups({ compartmentId: w.production }),
  'get group': (c, w) => c.getManagedInstanceGroup({ managedInstanceGroupId: w.group }),
  'update group': (c, w) =>
    c.updateManagedInstanceGroup({
      managedInstanceGroupId: w.group,
      updateManagedInstanceGroupDetails: { description: 'x' },
    }),
  join: (c, w) =>
    c.attachManagedInstanceToManagedInstanceGroup({
      ...{ managedInstanceGroupId: w.group, managedInstanceId: w.instance },
    }),
  leave: (c, w) =>
    c.detachManagedInstanceFromManagedInstanceGroup({
      ...{ managedInstanceGroupId: w.group, managedInstanceId: w.instance },
    }),
  'create group': (c, w) =>
    c.createManagedInstanceGroup({
      createManagedInstanceGroupDetails: { displayName: 'x', compartmentId: w.production },
    }),
  'move group': (c, w) =>
    c.changeManagedInstanceGroupCompartment({
      managedInstanceGroupId: w.group,
      changeManagedInstanceGroupCompartmentDetails: { compartmentId: w.test },
    }),
  'remove group': (c, w) => c.deleteManagedInstanceGroup({ managedInstanceGroupId: w.group }),
};

const here = 'in compartment production';
const instances = `osms-managed-instances ${here}`;
const groups = `osms-managed-instance-groups ${here}`;
const sources = 'read osms-software-sources in tenancy';
const read = ['list', 'get', 'packages', 'available'];
const used = ['list groups', 'get group', 'update group'];

/** What is granted, and what can be done then. */
const rows: [string[], string[]][] = [
  [[], []],
  [[`inspect ${instances}`], ['list']],
  [[`read ${instances}`], read],
  [[`use ${instances}`], [...read, 'update']],
  [
    [`use ${instances}`, sources],
    [...read, 'update', 'attach', 'detach'],
  ],
  [[`read ${instances}`, sources], read],
  [['manage osms-managed-instances in compartment test', sources], []],
  [[`inspect ${groups}`], ['list groups']],
  [[`read ${groups}`], ['list groups', 'get group']],
  [[`use ${groups}`], used],
  [
    [`use ${groups}`, `use ${instances}`],
    [...read, 'update', ...used, 'join', 'leave'],
  ],
  [[`manage ${groups}`], [...used, 'create group', 'remove group']],
  [
    ['manage osms-managed-instance-groups in tenancy'],
    [...used, 'create group', 'move group', 'remove group'],
  ],
  [['manage osms-family in tenancy'], Object.keys(deeds)],
];

it('Each statement lets its callers do just what it says with instances and groups', async () => {
  const w = await world();
  for (const [i, [granted, allowed]] of rows.entries()) {
    const user = `eve${i}`;
    const statements = [...granted, none].map((what) => `Allow group ${user} to ${what}`);
    const client = await w.as(user, ...statements);
    const about = { compartment: 'production', by: 'ada' };
    const { ocid: group } = await w.operations.createGroup(user, about);
    const done: string[] = [];
    for (const [name, deed] of Object.entries(deeds)) {
      await deed(client, { ...w, group }).then(
        () => done.push(name),
        (error) => expect(error, `${name}: ${granted}`).toMatchObject(absent),
      );
    }
    const order = Object.keys(deeds).filter((name) => allowed.includes(name));
    expect(done, granted.join()).toEqual(order);
  }
});

/** A policy has a statement at least; this one grants nothing of the above. */
const none = 'inspect osms-errata in tenancy';

it('Of the sources that an instance could have those are shown that the caller may see', async () => {
  const w = await world();
  const client = await w.as(
    ...(['eve', 'Allow group eve to read osms-managed-instances in tenancy'] as const),
    'Allow group eve to inspect osms-software-sources in compartment test',
  );
  const { items } = await client.listAvailableSoftwareSourcesForManagedInstance({
    managedInstanceId: w.instance,
  });
  expect(items.map((s) => s.id)).toEqual([w.secret]);
});

it('Of the instances of a group those are shown that the caller may see', async () => {
  const w = await world();
  const number = (ocid: string) => w.identity.ocids.read('instance', ocid)!;
  await w.operations.joinGroup('web', [number(w.instance), number(w.elsewhere)], { by: 'ada' });
  const client = await w.as(
    ...(['eve', 'Allow group eve to use osms-managed-instance-groups in tenancy'] as const),
    'Allow group eve to inspect osms-managed-instances in compartment production',
  );
  const group = { managedInstanceGroupId: w.group };
  const got = await client.getManagedInstanceGroup(group);
  const members = [expect.objectContaining({ id: w.instance })];
  expect(got.managedInstanceGroup.managedInstances).toEqual(members);
  const changed = await client.updateManagedInstanceGroup({
    ...{ ...group, updateManagedInstanceGroupDetails: { description: 'x' } },
  });
  expect(changed.managedInstanceGroup.managedInstances).toEqual(members);
});

it('What another resource is needed for must be allowed with that one', async () => {
  const w = await world();
  const client = await w.as(
    ...(['eve', `Allow group eve to manage osms-family ${here}`] as const),
    'Allow group eve to inspect osms-software-sources in tenancy',
  );
  const attach = (softwareSourceId: string) =>
    client.attachParentSoftwareSourceToManagedInstance({
      managedInstanceId: w.instance,
      attachParentSoftwareSourceToManagedInstanceDetails: { softwareSourceId },
    });
  await expect(attach(w.base)).rejects.toMatchObject(absent);
  await expect(
    client.attachManagedInstanceToManagedInstanceGroup({
      ...{ managedInstanceGroupId: w.group, managedInstanceId: w.elsewhere },
    }),
  ).rejects.toMatchObject(absent);
  await expect(deeds['move group']!(client, w)).rejects.toMatchObject(absent);
  expect((await w.managed.groups.about('web')).compartment).toBe('production');
  expect((await w.managed.groups.about('web')).instances).toBe(0);
  // What is refused reads as what is not there.
  const no = await attach('ocid1.osmssoftwaresource.oc1..none').catch((error) => error);
  const may = await attach(w.base).catch((error) => error);
  expect(may.message).toBe(no.message);
});
