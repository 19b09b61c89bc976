import { requests } from 'oci-osmanagement';
import { expect, it } from 'vitest';
import type { InstanceModule } from '../../../src/updates/updates.ts';
import { fixture } from '../../cli/headwater.ts';
import { openApi } from './registered.ts';
import { allOf, refusalOf } from './sdk.ts';

const system = { arch: 'x86_64', release: 8 };

const stream = (about: string, state: InstanceModule['state'], version: string): InstanceModule => {
  const [module, name] = about.split(':') as [string, string];
  return {
    ...{ module, stream: name, state, version, isDefault: false, noted: false, summary: '' },
    sources: ['gone', 'base'],
    profiles: [
      { name: 'common', installed: state === 'enabled', isDefault: true, packages: ['a'] },
      { name: 'minimal', installed: false, isDefault: false, packages: [] },
    ],
  };
};

async function start() {
  const api = await openApi([{ label: 'base', upstream: fixture('ol8'), ...system }]);
  const { id, ocid: managedInstanceId } = await api.enrol();
  api.managed.updates.modules = async (instance) =>
    instance === id
      ? [
          stream('httpd:2.4', 'default', '80000'),
          stream('nodejs:18', 'none', '900'),
          stream('nodejs:20', 'enabled', '100000'),
          stream('perl:5.30', 'disabled', '70000'),
        ]
      : [];
  return { ...api, managedInstanceId };
}

it('Streams of modules are listed with whether the instance uses them, by version or name', async () => {
  const { client, managedInstanceId, source, enrol } = await start();
  const sortBy = requests.ListModuleStreamsOnManagedInstanceRequest.SortBy.Displayname;
  const listed = (more: object = {}) =>
    allOf(
      client.listAllModuleStreamsOnManagedInstance({
        managedInstanceId,
        sortBy,
        limit: 3,
        ...more,
      }),
    );
  const all = await listed();
  const softwareSourceId = await source('base');
  expect(all.map((s) => [`${s.moduleName}:${s.streamName}`, s.status])).toEqual([
    ['httpd:2.4', 'ACTIVE'],
    ['nodejs:18', 'DISABLED'],
    ['nodejs:20', 'ENABLED'],
    ['perl:5.30', 'DISABLED'],
  ]);
  const node = { moduleName: 'nodejs', streamName: '20' };
  expect(all[2]).toEqual({
    ...{ ...node, status: 'ENABLED', softwareSourceId },
    profiles: [
      { ...node, profileName: 'common', status: 'INSTALLED' },
      { ...node, profileName: 'minimal', status: 'AVAILABLE' },
    ],
  });
  const names = async (more: object) => (await listed(more)).map((s) => s.streamName);
  expect(await names({ sortBy: undefined })).toEqual(['20', '2.4', '5.30', '18']);
  expect(await names({ streamStatus: 'ACTIVE' })).toEqual(['2.4', '20']);
  expect(await names({ streamStatus: 'ENABLED' })).toEqual(['20']);
  expect(await names({ streamStatus: 'DISABLED' })).toEqual(['18', '5.30']);
  expect(await names({ moduleName: 'nodejs' })).toEqual(['18', '20']);
  expect(await names(node)).toEqual(['20']);
  expect(await names({ ...node, streamName: '9' })).toEqual([]);
  expect(await names({ managedInstanceId: (await enrol()).ocid })).toEqual([]);
  const refused = client.listModuleStreamsOnManagedInstance({
    managedInstanceId,
    streamName: '20',
  });
  expect(await refusalOf(refused)).toMatchObject({ status: 400, code: 'MissingParameter' });
});

it('Profiles are listed with whether they are installed', async () => {
  const { client, managedInstanceId } = await start();
  const sortBy = requests.ListModuleStreamProfilesOnManagedInstanceRequest.SortBy.Displayname;
  const names = async (more: object) => {
    const request = { managedInstanceId, sortBy, limit: 2, ...more };
    const all = await allOf(client.listAllModuleStreamProfilesOnManagedInstance(request));
    return all.map((p) => `${p.moduleName}:${p.streamName}/${p.profileName} ${p.status}`);
  };
  expect(await names({})).toEqual(
    ['httpd:2.4', 'nodejs:18', 'nodejs:20', 'perl:5.30'].flatMap((of) => [
      `${of}/common ${of === 'nodejs:20' ? 'INSTALLED' : 'AVAILABLE'}`,
      `${of}/minimal AVAILABLE`,
    ]),
  );
  expect(await names({ profileStatus: 'INSTALLED' })).toEqual(['nodejs:20/common INSTALLED']);
  const node = { moduleName: 'nodejs', streamName: '18' };
  expect(await names({ ...node, profileName: 'minimal' })).toEqual(['nodejs:18/minimal AVAILABLE']);
  expect(await names({ ...node, profileStatus: 'INSTALLED' })).toEqual([]);
  for (const asked of [{ profileName: 'common' }, { moduleName: 'a', profileName: 'common' }]) {
    const refused = client.listModuleStreamProfilesOnManagedInstance({
      managedInstanceId,
      ...asked,
    });
    expect(await refusalOf(refused)).toMatchObject({ status: 400, code: 'MissingParameter' });
  }
});

it('Who may not read an instance is told nothing of its modules', async () => {
  const { as, managedInstanceId } = await start();
  const client = await as('few', 'Allow group few to inspect osms-managed-instances in tenancy');
  for (const refused of [
    client.listModuleStreamsOnManagedInstance({ managedInstanceId }),
    client.listModuleStreamProfilesOnManagedInstance({ managedInstanceId }),
  ]) {
    expect(await refusalOf(refused)).toMatchObject({
      status: 404,
      code: 'NotAuthorizedOrNotFound',
    });
  }
});
