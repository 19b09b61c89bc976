import { models } from 'oci-osmanagement';
import { expect, it } from 'vitest';
import { fixture } from '../../cli/headwater.ts';
import { type Api, openApi } from './registered.ts';

const system = { arch: 'x86_64', release: 8 };
const sources = [
  { label: 'base', name: 'Base', upstream: fixture('ol8'), ...system },
  { label: 'apps', name: 'Apps', upstream: fixture('ol8'), ...system, parent: 'base' },
  { label: 'more', name: 'More', upstream: fixture('ol8'), ...system, parent: 'base' },
  { label: 'other', name: 'Other', upstream: fixture('ol8'), ...system },
  { label: 'nine', name: 'Nine', upstream: fixture('ol9'), arch: 'x86_64', release: 9 },
];

const attachParent = async ({ client, source }: Api, managedInstanceId: string, label: string) =>
  client.attachParentSoftwareSourceToManagedInstance({
    managedInstanceId,
    attachParentSoftwareSourceToManagedInstanceDetails: { softwareSourceId: await source(label) },
  });
const attachChild = async ({ client, source }: Api, managedInstanceId: string, label: string) =>
  client.attachChildSoftwareSourceToManagedInstance({
    managedInstanceId,
    attachChildSoftwareSourceToManagedInstanceDetails: { softwareSourceId: await source(label) },
  });
const detachParent = async ({ client, source }: Api, managedInstanceId: string, label: string) =>
  client.detachParentSoftwareSourceFromManagedInstance({
    managedInstanceId,
    detachParentSoftwareSourceFromManagedInstanceDetails: { softwareSourceId: await source(label) },
  });
const detachChild = async ({ client, source }: Api, managedInstanceId: string, label: string) =>
  client.detachChildSoftwareSourceFromManagedInstance({
    managedInstanceId,
    detachChildSoftwareSourceFromManagedInstanceDetails: { softwareSourceId: await source(label) },
  });

it('An instance is shown with its system, its sources, its groups and when it was heard of', async () => {
  const api = await openApi(sources);
  const { client, managed } = api;
  const one = await api.enrol({ name: 'web1.example.com' });
  const instance = await managed.instances.require(one.id);
  const about = { address: '192.0.2.1', kernel: '5.15.0-1.el8uek', bootedAt: new Date(86_400_000) };
  managed.instances.seen(instance, about);
  await attachParent(api, one.ocid, 'base');
  await attachChild(api, one.ocid, 'apps');
  await api.operations.createGroup('web', { displayName: 'Web servers', by: 'ada' });
  await api.operations.joinGroup('web', [one.id], { by: 'ada' });
  const { managedInstance, etag, opcRequestId } = await client.getManagedInstance({
    managedInstanceId: one.ocid,
  });
  expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
  expect(opcRequestId).toBeTruthy();
  expect(managedInstance).toEqual({
    ...{ id: one.ocid, displayName: 'web1.example.com', compartmentId: api.root },
    ...{ osName: 'Oracle Linux Server', osVersion: '8', osFamily: models.OsFamilies.Linux },
    ...{ osKernelVersion: '5.15.0-1.el8uek', lastBoot: '1970-01-02T00:00:00.000Z' },
    lastCheckin: expect.stringMatching(/^20\d\d-/),
    status: models.ManagedInstance.Status.Normal,
    parentSoftwareSource: { id: await api.source('base'), name: 'Base' },
    childSoftwareSources: [{ id: await api.source('apps'), name: 'Apps' }],
    managedInstanceGroups: [
      { id: (await managed.groups.about('web')).ocid, displayName: 'Web servers' },
    ],
    ...{ isDataCollectionAuthorized: false, workRequestCount: 0, scheduledJobCount: 0 },
  });
  // The number that it registered with names it too.
  const byNumber = await client.getManagedInstance({ managedInstanceId: String(one.id) });
  expect(byNumber.managedInstance.id).toBe(one.ocid);
  for (const managedInstanceId of ['17', 'x', `${one.ocid.slice(0, -1)}2`]) {
    await expect(client.getManagedInstance({ managedInstanceId })).rejects.toMatchObject({
      statusCode: 404,
      serviceCode: 'NotAuthorizedOrNotFound',
    });
  }
});

it('What is set on an instance is changed where it is as its etag says', async () => {
  const api = await openApi();
  const { client } = api;
  const { ocid: managedInstanceId } = await api.enrol();
  const { etag } = await client.getManagedInstance({ managedInstanceId });
  const update = (updateManagedInstanceDetails: object, ifMatch?: string) =>
    client.updateManagedInstance({
      ...{ managedInstanceId, updateManagedInstanceDetails },
      ...(ifMatch !== undefined && { ifMatch }),
    });
  const changed = await update({ isDataCollectionAuthorized: true }, etag);
  expect(changed.managedInstance).toMatchObject({ isDataCollectionAuthorized: true });
  expect(changed.etag).not.toBe(etag);
  await expect(update({ notificationTopicId: 'x' }, etag)).rejects.toMatchObject({
    statusCode: 412,
    serviceCode: 'NoEtagMatch',
  });
  const again = await update({ notificationTopicId: 'topic' }, changed.etag);
  expect(again.managedInstance).toMatchObject({
    ...{ notificationTopicId: 'topic', isDataCollectionAuthorized: true },
  });
  expect((await client.getManagedInstance({ managedInstanceId })).etag).toBe(again.etag);
  await expect(update({ isDataCollectionAuthorized: 'yes' })).rejects.toMatchObject({
    statusCode: 400,
    serviceCode: 'InvalidParameter',
  });
  // Of two who know the same state one is too late.
  const both = await Promise.allSettled(
    ['a', 'b'].map((topic) => update({ notificationTopicId: topic }, again.etag)),
  );
  expect(both.map((b) => b.status).sort()).toEqual(['fulfilled', 'rejected']);
});

it('Instances of a compartment are listed in pages, in any order, by name, and not those below it', async () => {
  const api = await openApi();
  const { client, managed } = api;
  const production = await api.compartment('production');
  await api.compartment('production:web');
  const names = ['c', 'a', 'b', 'a', 'd'];
  const ids: string[] = [];
  for (const name of names) {
    ids.push((await api.enrol({ name, compartment: 'production' })).ocid);
  }
  const below = await api.enrol({ compartment: 'production:web' });
  const root = await api.enrol({ name: 'root' });
  const list = async (about: object = {}) => {
    const found: string[] = [];
    const request = { compartmentId: production, limit: 2, ...about };
    for await (const instance of client.listAllManagedInstances(request)) found.push(instance.id);
    return found.map((id) => ids.indexOf(id));
  };
  expect(await list()).toEqual([4, 3, 2, 1, 0]);
  expect(await list({ sortOrder: 'ASC' })).toEqual([0, 1, 2, 3, 4]);
  expect(await list({ sortBy: 'DISPLAYNAME' })).toEqual([1, 3, 2, 0, 4]);
  expect(await list({ sortBy: 'DISPLAYNAME', sortOrder: 'DESC' })).toEqual([4, 0, 2, 3, 1]);
  expect(await list({ displayName: 'a' })).toEqual([3, 1]);
  expect(await list({ osFamily: 'LINUX' })).toHaveLength(5);
  expect(await list({ osFamily: 'WINDOWS' })).toEqual([]);
  const { items } = await client.listManagedInstances({ compartmentId: api.root });
  expect(items).toMatchObject([
    { id: root.ocid, displayName: 'root', compartmentId: api.root, status: 'NORMAL' },
  ]);
  // A page stays where it is while machines come and go.
  const first = await client.listManagedInstances({ compartmentId: production, limit: 2 });
  await api.enrol({ compartment: 'production' });
  await managed.instances.remove((await managed.instances.list({ name: 'd' }))[0]!.id, {
    actor: 'user:ada',
  });
  const next = { compartmentId: production, limit: 2, page: first.opcNextPage };
  const second = await client.listManagedInstances(next);
  expect(second.items.map((i) => ids.indexOf(i.id))).toEqual([2, 1]);
  await expect(
    client.listManagedInstances({ ...next, sortBy: 'DISPLAYNAME' as never }),
  ).rejects.toMatchObject({ statusCode: 400, serviceCode: 'InvalidParameter' });
  await expect(client.listManagedInstances({ ...next, page: 'made-up' })).rejects.toMatchObject({
    statusCode: 400,
  });
  expect(below.id).toBeGreaterThan(0);
});

it('Of a machine from which nothing was heard for long it is said that it cannot be reached', async () => {
  const api = await openApi();
  const { ocid, id } = await api.enrol();
  const status = async () =>
    (await api.client.getManagedInstance({ managedInstanceId: ocid })).managedInstance.status;
  expect(await status()).toBe('NORMAL');
  api.config.fleet.unreachableMs = 0;
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await status()).toBe('UNREACHABLE');
  const { items } = await api.client.listManagedInstances({ compartmentId: api.root });
  expect(items).toMatchObject([{ status: 'UNREACHABLE' }]);
  api.config.fleet.unreachableMs = 60_000;
  api.managed.instances.seen(await api.managed.instances.require(id), { address: '192.0.2.1' });
  expect(await status()).toBe('NORMAL');
});

it('Parents and children are attached and detached each by its own operation, and only what goes together', async () => {
  const api = await openApi(sources);
  const { ocid } = await api.enrol();
  const has = async () => {
    const { managedInstance } = await api.client.getManagedInstance({ managedInstanceId: ocid });
    return [
      managedInstance.parentSoftwareSource?.name,
      ...managedInstance.childSoftwareSources!.map((s) => s.name),
    ];
  };
  const state = { statusCode: 409, serviceCode: 'IncorrectState' };
  const wrong = { statusCode: 400, serviceCode: 'InvalidParameter' };
  await expect(attachChild(api, ocid, 'apps')).rejects.toMatchObject(state);
  await expect(attachParent(api, ocid, 'nine')).rejects.toMatchObject({
    ...state,
    message: expect.stringContaining('nine is for release 9'),
  });
  await expect(attachParent(api, ocid, 'apps')).rejects.toMatchObject(wrong);
  await expect(attachChild(api, ocid, 'base')).rejects.toMatchObject(wrong);
  await attachParent(api, ocid, 'base');
  await attachParent(api, ocid, 'base');
  await expect(attachParent(api, ocid, 'other')).rejects.toMatchObject(state);
  await attachChild(api, ocid, 'more');
  await attachChild(api, ocid, 'apps');
  expect(await has()).toEqual(['Base', 'Apps', 'More']);
  await expect(detachParent(api, ocid, 'base')).rejects.toMatchObject({
    ...state,
    message: expect.stringContaining('apps, more'),
  });
  await expect(detachChild(api, ocid, 'base')).rejects.toMatchObject(wrong);
  await detachChild(api, ocid, 'apps');
  await detachChild(api, ocid, 'more');
  await detachParent(api, ocid, 'base');
  expect(await has()).toEqual([undefined]);
  await expect(
    api.client.attachParentSoftwareSourceToManagedInstance({
      managedInstanceId: ocid,
      attachParentSoftwareSourceToManagedInstanceDetails: { softwareSourceId: 'none' },
    }),
  ).rejects.toMatchObject({ statusCode: 404, serviceCode: 'NotAuthorizedOrNotFound' });
  const noted = await api.managed.audit.query({ event: 'source.attached', limit: 10 });
  expect(noted.map((e) => e.subject)).toEqual(['apps', 'more', 'base']);
  expect(noted[0]!.actor).toBe('user:admin');
});

it('It is listed which sources an instance could have: parents first, and then the children of the one it has', async () => {
  const api = await openApi(sources);
  const { ocid: managedInstanceId } = await api.enrol();
  const list = async (about: object = {}) => {
    const names: string[] = [];
    const request = { managedInstanceId, sortBy: 'DISPLAYNAME' as never, ...about };
    const all = api.client.listAllAvailableSoftwareSourcesForManagedInstance(request);
    for await (const { displayName, parentName } of all) {
      names.push(parentName === undefined ? displayName : `${displayName} of ${parentName}`);
    }
    return names;
  };
  expect(await list()).toEqual(['Base', 'Other']);
  await attachParent(api, managedInstanceId, 'base');
  await attachChild(api, managedInstanceId, 'apps');
  expect(await list()).toEqual(['More of Base']);
  await detachChild(api, managedInstanceId, 'apps');
  expect(await list({ limit: 1 })).toEqual(['Apps of Base', 'More of Base']);
  expect(await list({ displayName: 'More' })).toEqual(['More of Base']);
  const compartmentId = await api.compartment('production');
  expect(await list({ compartmentId })).toEqual([]);
  await api.identity.resources.change('source', 'more', { compartment: 'production' });
  expect(await list({ compartmentId })).toEqual(['More of Base']);
  expect(await list({ sortOrder: 'DESC' })).toEqual(['More of Base', 'Apps of Base']);
});
