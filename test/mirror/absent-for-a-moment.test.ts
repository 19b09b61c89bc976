import { readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fixtureCopy, startApp } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';

it('a listed document that was missing upstream is asked for again, though repomd.xml is the same', async () => {
  const folder = await fixtureCopy('ol7');
  const comps = join(folder, 'repodata/comps.xml');
  await rename(comps, `${comps}.away`);
  const upstream = await startUpstream(folder);
  const { url, sync } = await startApp([{ label: 'a', upstream: upstream.url }]);
  const served = () => fetch(`${url}/channels/a/repodata/comps.xml`).then((r) => r.status);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 1 });
  expect(await served()).toBe(404);
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged', revision: 1 });
  await rename(`${comps}.away`, comps);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packagesAdded: 0 });
  expect(await served()).toBe(200);
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged' });
});

it('an object that was cut short on disk is not served, and is fetched again', async () => {
  const upstream = await startUpstream(await fixtureCopy('ol8'));
  const { app, url, sync, config } = await startApp([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  const { documents } = await app.operations.showSource('a');
  const { path } = documents.find((d) => d.type === 'primary')!;
  const sha256 = /[0-9a-f]{64}/.exec(path)![0];
  await truncate(join(config.data, 'objects', sha256.slice(0, 2), sha256.slice(2)), 10);
  const served = () => fetch(`${url}/channels/a/${path}`).then((r) => r.status);
  expect(await served()).toBe(404);
  expect(await sync('a')).toMatchObject({ outcome: 'updated' });
  expect(await served()).toBe(200);
});

it('locations that begin with ./ are found where clients ask for them', async () => {
  const folder = await fixtureCopy('ol7');
  const repomd = join(folder, 'repodata/repomd.xml');
  const text = await readFile(repomd, 'utf8');
  await writeFile(repomd, text.replaceAll('href="repodata/', 'href="./repodata/'));
  const { url, sync } = await startApp([{ label: 'a', upstream: `file:${folder}/` }]);
  await sync('a');
  const answer = await fetch(`${url}/channels/a/repodata/primary.xml.gz`);
  expect(answer.status).toBe(200);
});

it('a source that was removed and added again starts without a history', async () => {
  const folder = await fixtureCopy('ol9');
  const { app, sync } = await startApp([]);
  const definition = { label: 'a', upstream: `file:${folder}/` };
  await app.operations.addSource(definition);
  await sync('a');
  await app.operations.removeSource('a');
  await app.operations.addSource(definition);
  expect(await app.operations.showSource('a')).toMatchObject({ revision: null, history: [] });
  await rm(folder, { recursive: true });
});

it('an object that was cut short on disk is not taken over by another source', async () => {
  const upstream = await startUpstream(await fixtureCopy('ol8'));
  const { app, url, sync, config } = await startApp([
    { label: 'a', upstream: upstream.url },
    { label: 'b', upstream: upstream.url },
  ]);
  await sync('a');
  const { documents } = await app.operations.showSource('a');
  const { path } = documents.find((d) => d.type === 'primary')!;
  const sha256 = /[0-9a-f]{64}/.exec(path)![0];
  await truncate(join(config.data, 'objects', sha256.slice(0, 2), sha256.slice(2)), 10);
  expect(await sync('b')).toMatchObject({ outcome: 'updated', packages: 13 });
  for (const label of ['a', 'b']) {
    expect((await fetch(`${url}/channels/${label}/${path}`)).status).toBe(200);
  }
});
