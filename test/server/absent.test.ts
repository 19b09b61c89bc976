import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fixtureCopy, startApp } from '../support/app.ts';

it('A source that was never synced, and one that there is not, are 404', async () => {
  const { url, app } = await startApp([
    { label: 'ol8', upstream: 'file:fixtures/repodata/ol8/' },
    { label: 'ol9', upstream: 'file:fixtures/repodata/ol9/' },
  ]);
  const statusOf = async (path: string) => (await fetch(url + path)).status;
  expect(await statusOf('/channels/ol8/repodata/repomd.xml')).toBe(404);
  expect(await statusOf('/channels/ol8/getPackage/weir-1.8.1-2.el8.x86_64.rpm')).toBe(404);
  expect(await statusOf('/channels/unknown/repodata/repomd.xml')).toBe(404);
  expect(await statusOf('/channels/unknown.repo')).toBe(404);
  expect(await statusOf('/channels/ol8.repo')).toBe(200);
  // What a machine asks for whose $releasever is empty.
  expect(await statusOf('/repodata/repomd.xml')).toBe(404);
  expect(await statusOf('/channels/repodata/repomd.xml')).toBe(404);

  await app.operations.sync({ labels: ['ol8'] }, () => {});
  expect(await statusOf('/channels/ol8/repodata/repomd.xml')).toBe(200);
  expect(await statusOf('/channels/ol8/getPackage/weir-1.8.1-2.el8.x86_64.rpm')).toBe(200);
  expect(await statusOf('/channels/ol9/repodata/repomd.xml')).toBe(404);
  expect(await statusOf('/channels/ol9/getPackage/weir-1.8.1-2.el8.x86_64.rpm')).toBe(404);
});

it('A package that upstream has lost is 404, and the answer does not tell where upstream is', async () => {
  const folder = await fixtureCopy('ol8');
  const { url, sync } = await startApp([{ label: 'ol8', upstream: `file:${folder}/` }]);
  await sync('ol8');
  const path = 'getPackage/weir-1.8.1-2.el8.x86_64.rpm';
  await rm(join(folder, path));
  const response = await fetch(`${url}/channels/ol8/${path}`);
  expect(response.status).toBe(404);
  const body = await response.text();
  expect(body).toMatch(/no such file/);
  expect(body).not.toContain(folder);
});
