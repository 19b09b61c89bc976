import { expect, it } from 'vitest';
import { documentOf } from '../server/mirrored.ts';
import { startApp } from '../support/app.ts';
import { fixtureFolder } from './folder.ts';
import { fixture } from './headwater.ts';

it('A source that was removed and added again starts with what upstream has now', async () => {
  const { app, url, sync } = await startApp([]);
  const { operations } = app;
  await operations.addSource({ label: 'mine', upstream: fixture('ol8') });
  expect(await sync('mine')).toMatchObject({ revision: 1, packages: 13, packagesAdded: 13 });
  await operations.removeSource('mine');
  expect(await operations.listSources()).toEqual([]);
  await expect(operations.showSource('mine')).rejects.toMatchObject({ kind: 'not_found' });

  await operations.addSource({ label: 'mine', upstream: fixture('ol9') });
  const statusOf = async (path: string) => (await fetch(`${url}/channels/mine/${path}`)).status;
  expect(await statusOf('repodata/repomd.xml')).toBe(404);
  // Numbers are never used twice.
  expect(await sync('mine')).toMatchObject({ outcome: 'updated', revision: 2, packages: 8 });
  expect(await statusOf('Packages/w/weir-2.0.3-4.el9.x86_64.rpm')).toBe(200);
  expect(await statusOf('getPackage/weir-1.8.1-2.el8.x86_64.rpm')).toBe(404);
  const { path } = await documentOf(fixtureFolder('ol8'), 'primary');
  expect(await statusOf(path)).toBe(404);
});

it('A source cannot be removed while it is being synced', async () => {
  const { app, sync } = await startApp([]);
  await app.operations.addSource({ label: 'mine', upstream: fixture('ol8') });
  const syncing = sync('mine');
  await expect(app.operations.removeSource('mine')).rejects.toMatchObject({ kind: 'conflict' });
  expect(await syncing).toMatchObject({ outcome: 'updated' });
  await app.operations.removeSource('mine');
  expect(await app.operations.listSources()).toEqual([]);
});
