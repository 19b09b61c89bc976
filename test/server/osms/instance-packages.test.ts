import { expect, it } from 'vitest';
import { fixture } from '../../cli/headwater.ts';
import { openApi } from './registered.ts';

const system = { arch: 'x86_64', release: 8 };
const old = { name: 'libbrook', epoch: '', version: '1.2.0', release: '3.el8', arch: 'x86_64' };
const packages = [
  { ...old, installedAt: 1_700_000_000 },
  { ...old, release: '5.el8_8', epoch: '0', installedAt: 1_700_000_100 },
  { ...old, name: 'own', epoch: '2', arch: 'noarch', installedAt: 1_600_000_000 },
  { ...old, name: 'gpg-pubkey', version: '82562ea9', release: '5228d5cf', arch: '' },
];

it('What is installed is listed with the sources of the instance that have it, by time or name', async () => {
  const api = await openApi([
    { label: 'base', name: 'Base', upstream: fixture('ol8'), ...system },
    { label: 'copy', name: 'Copy', upstream: fixture('ol8'), ...system, parent: 'base' },
    { label: 'unread', upstream: fixture('ol8'), ...system, parent: 'base' },
    { label: 'empty', upstream: 'http://127.0.0.1:1/', ...system, parent: 'base' },
  ]);
  for (const label of ['base', 'copy', 'unread']) await api.sync(label);
  const { id, ocid: managedInstanceId } = await api.enrol({}, packages);
  const labels = ['base', 'copy', 'empty'];
  await api.managed.channelLists.attach([id], labels, { by: 'user:ada' });
  await api.operations.setLens({
    ...{ scope: 'instance', subject: String(id), label: 'copy', under: 'parent', by: 'ada' },
    ...{ filters: [{ packages: { exclude: ['libbrook-1.2.0-5*'] } }], at: null, stage: null },
  });
  const { items } = await api.client.listPackagesInstalledOnManagedInstance({ managedInstanceId });
  const both = [
    { id: await api.source('base'), name: 'Base' },
    { id: await api.source('copy'), name: 'Copy' },
  ];
  const common = { type: 'rpm', architecture: 'x86_64' };
  expect(items).toEqual([
    {
      ...{ ...common, displayName: 'libbrook', name: 'libbrook-1.2.0-5.el8_8.x86_64' },
      // The other source holds it back from this instance.
      ...{ version: '1.2.0-5.el8_8', softwareSources: both.slice(0, 1) },
      installTime: '2023-11-14T22:15:00.000Z',
    },
    {
      ...{ ...common, displayName: 'libbrook', name: 'libbrook-1.2.0-3.el8.x86_64' },
      ...{ version: '1.2.0-3.el8', softwareSources: both },
      installTime: '2023-11-14T22:13:20.000Z',
    },
    {
      ...{ type: 'rpm', architecture: 'noarch', displayName: 'own' },
      ...{ name: 'own-2:1.2.0-3.el8.noarch', version: '2:1.2.0-3.el8', softwareSources: [] },
      installTime: '2020-09-13T12:26:40.000Z',
    },
    {
      ...{ type: 'rpm', displayName: 'gpg-pubkey', name: 'gpg-pubkey-82562ea9-5228d5cf' },
      ...{ version: '82562ea9-5228d5cf', softwareSources: [] },
    },
  ]);
  const names = async (about: object) => {
    const found: string[] = [];
    const request = { managedInstanceId, limit: 2, ...about };
    for await (const { name } of api.client.listAllPackagesInstalledOnManagedInstance(request)) {
      found.push(name.replace(/-[0-9].*/, ''));
    }
    return found;
  };
  const byName = ['gpg-pubkey', 'libbrook', 'libbrook', 'own'];
  expect(await names({ sortBy: 'DISPLAYNAME' })).toEqual(byName);
  expect(await names({ sortOrder: 'ASC' })).toEqual(['gpg-pubkey', 'own', 'libbrook', 'libbrook']);
  expect(await names({ displayName: 'libbrook' })).toEqual(['libbrook', 'libbrook']);
  expect(await names({ displayName: 'KEY' })).toEqual(['gpg-pubkey']);
  expect(await names({ displayName: 'none' })).toEqual([]);
  const { ocid: silent } = await api.enrol();
  expect(await names({ managedInstanceId: silent })).toEqual([]);
});
