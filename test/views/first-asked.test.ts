import { expect, it } from 'vitest';
import { readSpace } from '../../src/cli/space-section.ts';
import { invented, startRepository, writeRepository } from '../mirror/repository.ts';
import { startApp } from '../support/app.ts';
import { createYumClient } from '../support/yum-client.ts';

async function start() {
  const { upstream } = await startRepository({
    packages: ['brook', 'weir'].map((name) => invented(name)),
  });
  const test = await startApp([{ label: 'a', upstream: upstream.url }]);
  const status = async (path: string) => (await fetch(`${test.url}/channels/${path}`)).status;
  const view = { label: 'v', from: ['a'], filters: [{ packages: { exclude: ['weir'] } }] };
  return { ...test, upstream, status, add: () => test.app.operations.addSource(view) };
}

it('All who ask for a view that is not made yet wait for it, also where it was there before', async () => {
  const { app, sync, status, add } = await start();
  await add();
  expect(await status('v/repodata/repomd.xml')).toBe(404);
  await sync('a');
  expect(await status('v/repodata/repomd.xml')).toBe(200);
  for (let round = 0; round < 3; round++) {
    await app.operations.removeSource('v');
    expect(await status('v/repodata/repomd.xml')).toBe(404);
    await add();
    const asked = Array.from({ length: 5 }, () => status('v/repodata/repomd.xml'));
    expect(await Promise.all(asked)).toEqual([200, 200, 200, 200, 200]);
  }
});

it('repomd.xml and its signature are of one revision, also on two connections', async () => {
  const { sync, url, add, app } = await start();
  await sync('a');
  await add();
  const keys = await fetch(`${url}/keys/headwater.asc`).then((r) => r.text());
  const base = `${url}/channels/v/`;
  let changes = 0;
  const pause = async () => {
    if (changes++ > 0) return;
    const before = await fetch(`${base}repodata/repomd.xml`).then((r) => r.text());
    await app.operations.setFilters('v', [{ packages: { exclude: ['brook'] } }]);
    // Somebody else asks until the new one is there.
    const other = { headers: { 'user-agent': 'another' } };
    const now = () => fetch(`${base}repodata/repomd.xml`, other).then((r) => r.text());
    await expect.poll(now, { timeout: 20_000 }).not.toBe(before);
  };
  const client = createYumClient(base, { keys, pause, keepAlive: false });
  const { packages } = await client.makeCache();
  client.close();
  expect(packages.map((p) => p.name)).toEqual(['brook']);
});

it('A snapshot that was read goes on being read once its documents were dropped', async () => {
  const { upstream } = await startRepository({ packages: [invented('brook')] });
  const { app, sync, url } = await startApp(
    [{ label: 'a', upstream: upstream.url, keep_originals: 1 }],
    { graceMs: 1, space: { ...readSpace({}), marginMs: 1 } },
  );
  await sync('a');
  const by = 'tester';
  await app.operations.createSnapshot({ label: 'a', name: 'q1', at: null, by });
  const names = async () => {
    const client = createYumClient(`${url}/channels/a@q1/`);
    const { packages } = await client.makeCache();
    client.close();
    return packages.map((p) => `${p.name}-${p.version} ${p.location.split('/')[0]}`);
  };
  expect(await names()).toEqual(['brook-1 Packages']);
  for (const version of ['2', '3']) {
    await writeRepository(upstream.folder, {
      packages: [invented('brook', version)],
      time: 1_700_000_000 + Number(version),
    });
    await sync('a');
  }
  const afterNextSync = async () => {
    await sync('a');
    return names();
  };
  await expect.poll(afterNextSync, { timeout: 20_000 }).toEqual(['brook-1 packages']);
});
