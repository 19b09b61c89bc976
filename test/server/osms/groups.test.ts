import { models } from 'oci-osmanagement';
import { expect, it } from 'vitest';
import { fixture } from '../../cli/headwater.ts';
import { type Api, openApi } from './registered.ts';

const state = { statusCode: 409, serviceCode: 'IncorrectState' };
const absent = { statusCode: 404, serviceCode: 'NotAuthorizedOrNotFound' };
const wrong = { statusCode: 400, serviceCode: 'InvalidParameter' };

async function create({ client, root }: Api, about: object = {}, opcRetryToken?: string) {
  return client.createManagedInstanceGroup({
    createManagedInstanceGroupDetails: {
      ...{ displayName: 'Web servers', compartmentId: root },
      ...about,
    },
    ...(opcRetryToken !== undefined && { opcRetryToken }),
  });
}

it('A group is made, shown, changed where it is as its etag says, and removed', async () => {
  const api = await openApi();
  const { client } = api;
  const tags = { freeformTags: { for: 'all' }, definedTags: { team: { name: 'web', size: 3 } } };
  const made = await create(api, { ...tags, description: 'what is seen' });
  const { id } = made.managedInstanceGroup;
  expect(id).toMatch(/^ocid1\.osmsmanagedinstancegroup\.oc1\.\.[a-z2-7]{60}$/);
  expect(made.managedInstanceGroup).toEqual({
    ...{ id, displayName: 'Web servers', description: 'what is seen', ...tags },
    ...{ compartmentId: api.root, managedInstances: [], osFamily: models.OsFamilies.Linux },
    lifecycleState: models.LifecycleStates.Active,
  });
  expect(made.location).toBe(`${api.app.publicUrl()}/20190801/managedInstanceGroups/${id}`);
  // Two may be shown as the same.
  const same = await create(api);
  expect(same.managedInstanceGroup.id).not.toBe(id);
  expect((await api.operations.listGroups()).map((g) => g.name)).toEqual([
    ...['Web-servers', 'Web-servers-2'],
  ]);
  const got = await client.getManagedInstanceGroup({ managedInstanceGroupId: id });
  expect(got.managedInstanceGroup).toEqual(made.managedInstanceGroup);
  expect(got.etag).toBe(made.etag);
  const update = (updateManagedInstanceGroupDetails: object, ifMatch?: string) =>
    client.updateManagedInstanceGroup({
      ...{ managedInstanceGroupId: id, updateManagedInstanceGroupDetails },
      ...(ifMatch !== undefined && { ifMatch }),
    });
  const changed = await update({ displayName: 'Web', freeformTags: {} }, got.etag);
  expect(changed.managedInstanceGroup).toMatchObject({
    ...{ displayName: 'Web', description: 'what is seen', freeformTags: {} },
    definedTags: tags.definedTags,
  });
  const late = { statusCode: 412, serviceCode: 'NoEtagMatch' };
  await expect(update({ displayName: 'Late' }, got.etag)).rejects.toMatchObject(late);
  const remove = (ifMatch: string) =>
    client.deleteManagedInstanceGroup({ managedInstanceGroupId: id, ifMatch });
  await expect(remove(got.etag)).rejects.toMatchObject(late);
  await remove(changed.etag);
  await expect(
    client.getManagedInstanceGroup({ managedInstanceGroupId: id }),
  ).rejects.toMatchObject(absent);
  const { items } = await client.listManagedInstanceGroups({ compartmentId: api.root });
  expect(items.map((g) => g.id)).toEqual([same.managedInstanceGroup.id]);
});

it('What cannot be a group is refused, and nothing is made', async () => {
  const api = await openApi();
  const missing = { statusCode: 400, serviceCode: 'MissingParameter' };
  for (const [about, error] of [
    [{ displayName: ' ' }, wrong],
    [{ displayName: undefined }, missing],
    [{ compartmentId: undefined }, missing],
    [{ compartmentId: 'ocid1.compartment.oc1..none' }, absent],
    [{ osFamily: 'WINDOWS' }, wrong],
    [{ osFamily: 'BSD' }, wrong],
    [{ freeformTags: { a: 1 } }, wrong],
    [{ freeformTags: { ['x'.repeat(101)]: 'a' } }, wrong],
    [{ freeformTags: Object.fromEntries([...'abcdefghijk'].map((k) => [k, k])) }, wrong],
    [{ definedTags: { a: 'b' } }, wrong],
    [{ description: 'x'.repeat(1001) }, wrong],
  ] as const) {
    await expect(create(api, about), JSON.stringify(about)).rejects.toMatchObject(error);
  }
  expect(await api.operations.listGroups()).toEqual([]);
});

it('A request that is sent again with its token makes one group', async () => {
  const api = await openApi();
  const [first, again] = [await create(api, {}, 'token-1'), await create(api, {}, 'token-1')];
  expect(again.managedInstanceGroup).toEqual(first.managedInstanceGroup);
  await expect(create(api, { displayName: 'Other' }, 'token-1')).rejects.toMatchObject({
    ...{ statusCode: 409, serviceCode: 'InvalidatedRetryToken' },
  });
  expect(await api.operations.listGroups()).toHaveLength(1);
});

it('Groups of a compartment are listed in pages, in any order, and narrowed down', async () => {
  const api = await openApi();
  const { client } = api;
  const compartmentId = await api.compartment('production');
  for (const displayName of ['c', 'a', 'b', 'a']) {
    await create(api, { displayName, compartmentId });
    // In another millisecond.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await create(api, { displayName: 'root' });
  const list = async (about: object = {}) => {
    const names: string[] = [];
    const request = { compartmentId, limit: 3, ...about };
    for await (const { displayName } of client.listAllManagedInstanceGroups(request))
      names.push(displayName);
    return names.join('');
  };
  expect(await list()).toBe('abac');
  expect(await list({ sortOrder: 'ASC' })).toBe('caba');
  expect(await list({ sortBy: 'DISPLAYNAME' })).toBe('aabc');
  expect(await list({ sortBy: 'DISPLAYNAME', sortOrder: 'DESC' })).toBe('cbaa');
  expect(await list({ displayName: 'a' })).toBe('aa');
  expect(await list({ lifecycleState: 'ACTIVE', osFamily: 'LINUX' })).toBe('abac');
  expect(await list({ lifecycleState: 'DELETED' })).toBe('');
  expect(await list({ osFamily: 'WINDOWS' })).toBe('');
  const { items } = await client.listManagedInstanceGroups({ compartmentId: api.root });
  expect(items).toEqual([
    {
      ...{ id: expect.any(String), displayName: 'root', compartmentId: api.root },
      ...{ managedInstanceCount: 0, lifecycleState: 'ACTIVE', osFamily: 'LINUX' },
      ...{ freeformTags: {}, definedTags: {} },
    },
  ]);
});

it('Instances join a group and get its sources; not those of another release or architecture', async () => {
  const api = await openApi([
    { label: 'base', upstream: fixture('ol8'), arch: 'x86_64', release: 8 },
  ]);
  const { client } = api;
  const { id: managedInstanceGroupId } = (await create(api)).managedInstanceGroup;
  await api.operations.attachSources({
    ...{ group: 'Web-servers', instance: null, labels: ['base'], history: null, by: 'ada' },
  });
  const [one, two] = [await api.enrol({ name: 'one' }), await api.enrol({ name: 'two' })];
  const nine = await api.enrol({ osRelease: '9' });
  const arm = await api.enrol({ arch: 'aarch64' });
  const join = (managedInstanceId: string) =>
    client.attachManagedInstanceToManagedInstanceGroup({
      ...{ managedInstanceGroupId, managedInstanceId },
    });
  const leave = (managedInstanceId: string) =>
    client.detachManagedInstanceFromManagedInstanceGroup({
      ...{ managedInstanceGroupId, managedInstanceId },
    });
  await join(one.ocid);
  await join(two.ocid);
  await join(two.ocid);
  for (const other of [nine, arm]) {
    await expect(join(other.ocid)).rejects.toMatchObject({
      ...state,
      message: expect.stringContaining('have release 8, x86_64'),
    });
  }
  await expect(join('none')).rejects.toMatchObject(absent);
  const members = async () => {
    const { managedInstanceGroup } = await client.getManagedInstanceGroup({
      managedInstanceGroupId,
    });
    return managedInstanceGroup.managedInstances!.map((m) => m.displayName);
  };
  expect(await members()).toEqual(['one', 'two']);
  const { managedInstance } = await client.getManagedInstance({ managedInstanceId: two.ocid });
  expect(managedInstance.parentSoftwareSource?.id).toBe(await api.source('base'));
  expect(managedInstance.managedInstanceGroups).toEqual([
    { id: managedInstanceGroupId, displayName: 'Web servers' },
  ]);
  const { items } = await client.listManagedInstanceGroups({ compartmentId: api.root });
  expect(items).toMatchObject([{ managedInstanceCount: 2 }]);
  // A machine that was brought to another release leaves with its sources.
  const { instances, channelLists } = api.managed;
  await channelLists.moveToRelease(await instances.setRelease(two.id, '9'));
  const moved = await client.getManagedInstance({ managedInstanceId: two.ocid });
  expect(moved.managedInstance.managedInstanceGroups).toEqual([]);
  expect(moved.managedInstance.parentSoftwareSource).toBeUndefined();
  await channelLists.moveToRelease(await instances.setRelease(two.id, '8'));
  await join(two.ocid);
  await leave(one.ocid);
  await expect(leave(one.ocid)).rejects.toMatchObject(state);
  expect(await members()).toEqual(['two']);
});

it('A group moves to another compartment, if it is as its etag says', async () => {
  const api = await openApi();
  const { client } = api;
  const compartmentId = await api.compartment('production');
  const made = await create(api);
  const { id: managedInstanceGroupId } = made.managedInstanceGroup;
  const move = (to: string | undefined, ifMatch?: string) =>
    client.changeManagedInstanceGroupCompartment({
      managedInstanceGroupId,
      changeManagedInstanceGroupCompartmentDetails: { compartmentId: to } as never,
      ...(ifMatch !== undefined && { ifMatch }),
    });
  await expect(move('ocid1.compartment.oc1..none')).rejects.toMatchObject(absent);
  await expect(move(undefined)).rejects.toMatchObject({ serviceCode: 'MissingParameter' });
  await move(compartmentId, made.etag);
  await expect(move(api.root, made.etag)).rejects.toMatchObject({ statusCode: 412 });
  const { managedInstanceGroup } = await client.getManagedInstanceGroup({ managedInstanceGroupId });
  expect(managedInstanceGroup.compartmentId).toBe(compartmentId);
  const listed = await client.listManagedInstanceGroups({ compartmentId });
  expect(listed.items.map((g) => g.id)).toEqual([managedInstanceGroupId]);
  expect(await api.managed.audit.query({ event: 'group.moved', limit: 9 })).toMatchObject([
    { actor: 'user:admin', subject: 'Web-servers', detail: 'to production' },
  ]);
});
