import { EventClient, models, OsManagementClient } from 'oci-osmanagement';
import { expect, it } from 'vitest';
import { fixture } from '../../cli/headwater.ts';
import { operationsOfClient, recorded } from './recorded.ts';
import { allOf, refusalOf, startApi } from './sdk.ts';

const called = new Set<string>();
const system = { arch: 'x86_64', release: 8 };

async function opened() {
  const api = await startApi([
    { label: 'base', name: 'Base', upstream: fixture('ol8'), ...system },
    { label: 'apps', name: 'Apps', upstream: fixture('ol8'), parent: 'base', ...system },
  ]);
  const client = recorded(api.client, called);
  const compartmentId = api.root;
  const sources = async () => {
    const all = await allOf(client.listAllSoftwareSources({ compartmentId, limit: 1 }));
    return new Map(all.map((source) => [source.displayName, source.id]));
  };
  const team = (await api.app.identity.compartments.create('team', '', 'test')).ocid;
  return { ...api, client, events: recorded(api.events, called), compartmentId, sources, team };
}

const created = (compartmentId: string) => ({
  createSoftwareSourceDetails: {
    ...{ compartmentId, displayName: 'Our tools', archType: models.ArchTypes.X8664 },
    freeformTags: { team: 'web' },
  },
});

it('makes, fills, moves and removes software sources', async () => {
  const { client, compartmentId, team, sync } = await opened();
  await sync('base');
  const { softwareSource, etag } = await client.createSoftwareSource(created(compartmentId));
  const softwareSourceId = softwareSource.id;
  expect(softwareSource.lifecycleState).toBe(models.LifecycleStates.Active);
  const got = await client.getSoftwareSource({ softwareSourceId });
  expect(got.softwareSource).toEqual(softwareSource);
  expect(got.etag).toBe(etag);
  const change = { softwareSourceId, updateSoftwareSourceDetails: { description: 'new' } };
  const changed = await client.updateSoftwareSource({ ...change, ifMatch: got.etag });
  expect(changed.softwareSource.description).toBe('new');
  expect(changed.etag).not.toBe(etag);
  const late = await refusalOf(client.updateSoftwareSource({ ...change, ifMatch: got.etag }));
  expect(late).toMatchObject({ status: 412, code: 'NoEtagMatch' });
  await client.addPackagesToSoftwareSource({
    ...{ softwareSourceId, addPackagesToSoftwareSourceDetails: { packageNames: ['weir'] } },
  });
  const packages = await allOf(
    client.listAllSoftwareSourcePackages({ softwareSourceId, limit: 1 }),
  );
  expect(packages.map(({ displayName }) => displayName)).toEqual(['weir']);
  const { softwarePackage } = await client.getSoftwarePackage({
    ...{ softwareSourceId, softwarePackageName: packages[0]!.name },
  });
  expect(softwarePackage).toMatchObject({ displayName: 'weir', name: packages[0]!.name });
  await client.removePackagesFromSoftwareSource({
    ...{ softwareSourceId, removePackagesFromSoftwareSourceDetails: { packageNames: ['weir'] } },
  });
  await client.changeSoftwareSourceCompartment({
    ...{ softwareSourceId, changeSoftwareSourceCompartmentDetails: { compartmentId: team } },
  });
  const inTeam = await client.listSoftwareSources({ compartmentId: team });
  expect(inTeam.items.map(({ id }) => id)).toEqual([softwareSourceId]);
  await client.deleteSoftwareSource({ softwareSourceId });
  const gone = await refusalOf(client.getSoftwareSource({ softwareSourceId }));
  expect(gone).toMatchObject({ status: 404, code: 'NotAuthorizedOrNotFound' });
});

it('makes a source once for one retry token', async () => {
  const { client, compartmentId, sources } = await opened();
  const request = { ...created(compartmentId), opcRetryToken: 'one' };
  const first = await client.createSoftwareSource(request);
  const again = await client.createSoftwareSource(request);
  expect(again.softwareSource).toEqual(first.softwareSource);
  expect([...(await sources()).keys()].toSorted()).toEqual(['Apps', 'Base', 'Our tools']);
  const other = { ...request.createSoftwareSourceDetails, description: 'another' };
  const refused = client.createSoftwareSource({ ...request, createSoftwareSourceDetails: other });
  expect(await refusalOf(refused)).toMatchObject({ status: 409, code: 'InvalidatedRetryToken' });
});

it('finds packages and modules', async () => {
  const { client, compartmentId, sources, sync } = await opened();
  await sync('base');
  const softwareSourceId = (await sources()).get('Base')!;
  const found = await allOf(client.listAllSoftwareSourcePackages({ softwareSourceId, limit: 2 }));
  expect(found.length).toBeGreaterThan(8);
  expect(new Set(found.map(({ name }) => name)).size).toBe(found.length);
  const searched = await client.searchSoftwarePackages({ displayName: 'mill' });
  expect(searched.items.length).toBeGreaterThan(0);
  const of = { softwareSourceId, compartmentId };
  const streams = await allOf(client.listAllModuleStreams(of));
  const { moduleName, streamName } = streams[0]!;
  const { moduleStream } = await client.getModuleStream({
    ...{ softwareSourceId, moduleName, streamName },
  });
  expect(moduleStream).toMatchObject({ moduleName, streamName, softwareSourceId });
  const profiles = await allOf(client.listAllModuleStreamProfiles(of));
  const { profileName, ...ofStream } = profiles[0]!;
  const { moduleStreamProfile } = await client.getModuleStreamProfile({
    ...{ softwareSourceId, profileName },
    ...{ moduleName: ofStream.moduleName, streamName: ofStream.streamName },
  });
  expect(moduleStreamProfile.profileName).toBe(profileName);
});

it('says which modules an instance sees', async () => {
  const { client, register } = await opened();
  const managedInstanceId = await register('web1');
  const streams = client.listAllModuleStreamsOnManagedInstance({ managedInstanceId });
  expect(await allOf(streams)).toEqual([]);
  const profiles = client.listAllModuleStreamProfilesOnManagedInstance({ managedInstanceId });
  expect(await allOf(profiles)).toEqual([]);
});

it('gives instances sources, and puts them into groups', async () => {
  const { client, compartmentId, sources, register, team } = await opened();
  const managedInstanceId = await register('web1');
  const ids = await sources();
  const base = { softwareSourceId: ids.get('Base')! };
  const apps = { softwareSourceId: ids.get('Apps')! };
  await client.attachParentSoftwareSourceToManagedInstance({
    ...{ managedInstanceId, attachParentSoftwareSourceToManagedInstanceDetails: base },
  });
  const available = await allOf(
    client.listAllAvailableSoftwareSourcesForManagedInstance({ managedInstanceId }),
  );
  expect(available.map(({ displayName }) => displayName)).toEqual(['Apps']);
  await client.attachChildSoftwareSourceToManagedInstance({
    ...{ managedInstanceId, attachChildSoftwareSourceToManagedInstanceDetails: apps },
  });
  const { managedInstance } = await client.getManagedInstance({ managedInstanceId });
  expect(managedInstance).toMatchObject({
    parentSoftwareSource: { id: ids.get('Base') },
    childSoftwareSources: [{ id: ids.get('Apps') }],
  });
  await client.detachChildSoftwareSourceFromManagedInstance({
    ...{ managedInstanceId, detachChildSoftwareSourceFromManagedInstanceDetails: apps },
  });
  await client.detachParentSoftwareSourceFromManagedInstance({
    ...{ managedInstanceId, detachParentSoftwareSourceFromManagedInstanceDetails: base },
  });
  await client.updateManagedInstance({
    ...{ managedInstanceId, updateManagedInstanceDetails: { isDataCollectionAuthorized: true } },
  });
  expect(await allOf(client.listAllManagedInstances({ compartmentId }))).toHaveLength(1);
  const installed = client.listAllPackagesInstalledOnManagedInstance({ managedInstanceId });
  expect(await allOf(installed)).toEqual([]);
  const made = await client.createManagedInstanceGroup({
    createManagedInstanceGroupDetails: { compartmentId, displayName: 'Web' },
  });
  const managedInstanceGroupId = made.managedInstanceGroup.id;
  const both = { managedInstanceGroupId, managedInstanceId };
  await client.attachManagedInstanceToManagedInstanceGroup(both);
  const { managedInstanceGroup, etag } = await client.getManagedInstanceGroup(both);
  expect(managedInstanceGroup.managedInstances?.map(({ id }) => id)).toEqual([managedInstanceId]);
  await client.detachManagedInstanceFromManagedInstanceGroup(both);
  await client.updateManagedInstanceGroup({
    ...{ managedInstanceGroupId, updateManagedInstanceGroupDetails: { displayName: 'Webs' } },
  });
  const late = client.deleteManagedInstanceGroup({ managedInstanceGroupId, ifMatch: etag });
  expect(await refusalOf(late)).toMatchObject({ status: 412, code: 'NoEtagMatch' });
  await client.changeManagedInstanceGroupCompartment({
    managedInstanceGroupId,
    changeManagedInstanceGroupCompartmentDetails: { compartmentId: team },
  });
  const inTeam = await allOf(client.listAllManagedInstanceGroups({ compartmentId: team }));
  expect(inTeam.map(({ displayName }) => displayName)).toEqual(['Webs']);
  await client.deleteManagedInstanceGroup({ managedInstanceGroupId });
});

it('says how a sync goes, as a work request that can be waited for', async () => {
  const { client, compartmentId, sources, url, user, app } = await opened();
  const { token } = await app.operations.createBearerToken({
    ...{ user, name: 'test', scopes: [], by: 'test' },
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  const id = (await sources()).get('Base')!;
  const answer = await fetch(`${url}/20190801/softwareSources/${id}/actions/sync`, {
    ...{ method: 'POST', headers: { authorization: `Bearer ${token}` } },
  });
  expect(answer.status).toBe(202);
  const workRequestId = answer.headers.get('opc-work-request-id')!;
  const { workRequest } = await client.createWaiters().forWorkRequest({ workRequestId });
  expect(workRequest).toMatchObject({
    ...{ id: workRequestId, status: models.OperationStatus.Succeeded, percentComplete: 100 },
    resources: [{ identifier: id }],
  });
  expect(new Date(workRequest.timeFinished!).getTime()).toBeGreaterThan(Date.now() - 60_000);
  const listed = await allOf(client.listAllWorkRequests({ compartmentId, limit: 1 }));
  expect(listed.map((request) => request.id)).toContain(workRequestId);
  await allOf(client.listAllWorkRequestLogs({ workRequestId }));
  expect(await allOf(client.listAllWorkRequestErrors({ workRequestId }))).toEqual([]);
});

it('says what an instance lacks, and which advisories there are', async () => {
  const { client, sync, register, sources, app } = await opened();
  await sync('base');
  const managedInstanceId = await register('web1');
  const base = { softwareSourceId: (await sources()).get('Base')! };
  await client.attachParentSoftwareSourceToManagedInstance({
    ...{ managedInstanceId, attachParentSoftwareSourceToManagedInstanceDetails: base },
  });
  const [id] = (await app.operations.listInstances({})).map((instance) => instance.id);
  const libbrook = { name: 'libbrook', epoch: '', version: '1.2.0', arch: 'x86_64' };
  await app.managed.profiles.replace(id!, [{ ...libbrook, release: '3.el8' }]);
  const of = { managedInstanceId };
  const updates = await allOf(client.listAllAvailableUpdatesForManagedInstance(of));
  const packages = await allOf(client.listAllAvailablePackagesForManagedInstance(of));
  const concerning = await allOf(client.listAllManagedInstanceErrata(of));
  const errata = await allOf(client.listAllErrata({ limit: 1 }));
  const erratum = await client.getErratum({ erratumId: 'ELSA-2099-0103' }).catch(() => undefined);
  expect([updates, packages, concerning, errata, erratum]).toBeDefined();
});

it('answers what is about Windows, events and what is to come', async () => {
  const { client, events, compartmentId, register, app } = await opened();
  const asked = {
    ...{ compartmentId, managedInstanceId: await register('web1') },
    ...{ eventId: 'e', eventFingerprint: 'f', windowsUpdate: 'KB', windowsUpdateName: 'KB' },
    ...{ erratumId: 'ELSA-2024-1', softwarePackageName: 'bash' },
    ...{ moduleName: 'php', streamName: '8', profileName: 'common', timeEnd: new Date() },
    updateEventDetails: {},
    manageModuleStreamsOnManagedInstanceDetails: {},
  };
  await app.operations.createGroup('web', { by: 'test' });
  const group = await app.identity.resources.of('group', 'web');
  const rest = (of: typeof OsManagementClient | typeof EventClient) =>
    operationsOfClient(of).filter((name) => /Windows/.test(name) || of === EventClient);
  async function statusOf(one: object, name: string): Promise<number> {
    const call = (one as Record<string, (request: object) => Promise<unknown>>)[name]!;
    const done = call({ ...asked, managedInstanceGroupId: group.ocid });
    return done.then(
      () => 200,
      (error: { statusCode: number }) => error.statusCode,
    );
  }
  for (const name of rest(OsManagementClient)) {
    const status = /^list/.test(name) ? 200 : /^get/.test(name) ? 404 : 400;
    expect([name, await statusOf(client, name)]).toEqual([name, status]);
  }
  for (const name of rest(EventClient)) {
    const status = /^list|Report$/.test(name) ? 200 : 404;
    expect([name, await statusOf(events, name)]).toEqual([name, status]);
  }
});

it('was asked everything that the SDK can ask', () => {
  const all = [...operationsOfClient(OsManagementClient), ...operationsOfClient(EventClient)];
  expect(all.length).toBeGreaterThan(75);
  expect(all.filter((name) => !called.has(name))).toEqual([]);
});
