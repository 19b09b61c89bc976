import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { invented, startRepository, writeRepository } from './repository.ts';

const packages = [invented('brook'), invented('weir'), invented('sluice++')];
const rpms = (requests: string[]) => requests.filter((r) => r.endsWith('.rpm'));

it('fetches all packages with the sync where they are immediate, and only new ones the next time', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const { sync, url } = await startApp([
    { label: 'a', upstream: upstream.url, packages: 'immediate' },
  ]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', warnings: [] });
  expect(rpms(upstream.requests).sort()).toEqual(packages.map((p) => `/${p.href}`).sort());

  const fresh = invented('eddy');
  await writeRepository(upstream.folder, {
    only: ['primary'],
    packages: [...packages, fresh],
    time: 1_700_000_100,
  });
  upstream.requests.length = 0;
  expect(await sync('a')).toMatchObject({ outcome: 'updated' });
  expect(rpms(upstream.requests)).toEqual([`/${fresh.href}`]);

  await upstream.close();
  for (const { href, bytes } of [...packages, fresh]) {
    const answer = await fetch(`${url}/channels/a/${href}`);
    expect(bytes.equals(await answer.bytes()), href).toBe(true);
  }
});

it('publishes all the same where an immediate package is missing, says so, and tries again with the next sync', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const { sync, url } = await startApp([
    { label: 'a', upstream: upstream.url, packages: 'immediate' },
  ]);
  upstream.fault = (request, response) =>
    request.url!.includes('weir') && !!response.writeHead(404).end();
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'updated', packages: 3 });
  expect(result.warnings).toEqual([
    expect.stringMatching(/^1 packages could not be fetched.*weir.*404/),
  ]);
  upstream.fault = undefined;
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged', warnings: [] });
  await upstream.close();
  expect((await fetch(`${url}/channels/a/${packages[1]!.href}`)).status).toBe(200);
});

it('serves a new revision although its immediate packages no longer fit', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const { sync, url, config, app } = await startApp([
    { label: 'a', upstream: upstream.url, packages: 'immediate' },
  ]);
  await sync('a');
  const hrefs = await writeRepository(upstream.folder, {
    only: ['primary'],
    packages: [...packages, invented('eddy'), invented('penstock')],
    time: 1_700_000_100,
  });
  upstream.fault = async (request) => {
    // The one document is being fetched: from here on there is no room.
    if (request.url!.includes('primary')) {
      await app.reload({ ...config, minFree: 2 ** 60 });
      await fetch(`${url}/channels/a/repodata/repomd.xml`);
    }
    return false;
  };
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'no_space' });
  const repomd = await fetch(`${url}/channels/a/repodata/repomd.xml`).then((r) => r.text());
  expect(repomd).toContain(hrefs.primary);
  await app.reload(config);
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged', revision: 2 });
  expect(rpms(upstream.requests)).toHaveLength(5);
});

it('sends clients to the upstream, without credentials, where packages are none of its business', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const address = upstream.url.replace('//', '//user:secret@');
  const { sync, url } = await startApp([{ label: 'a', upstream: address, packages: 'none' }]);
  await sync('a');
  for (const { href } of packages) {
    const answer = await fetch(`${url}/channels/a/${href}`, { redirect: 'manual' });
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toBe(upstream.url + href.replaceAll('+', '%2B'));
    expect(await answer.text()).not.toContain('secret@');
  }
  expect(rpms(upstream.requests)).toEqual([]);
  const followed = await fetch(`${url}/channels/a/${packages[2]!.href}`);
  expect(packages[2]!.bytes.equals(await followed.bytes())).toBe(true);
});

it('fetches nothing new below the watermark, and serves what it holds', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const { sync, url, config, app } = await startApp([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  const held = `${url}/channels/a/${packages[0]!.href}`;
  expect((await fetch(held)).status).toBe(200);
  upstream.requests.length = 0;
  await app.reload({ ...config, minFree: 2 ** 60 });

  const refused = await fetch(`${url}/channels/a/${packages[1]!.href}`);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('60');
  expect(await refused.text()).toMatch(/^only .* are free in the data folder/);
  expect(upstream.requests).toEqual([]);
  expect(packages[0]!.bytes.equals(await fetch(held).then((r) => r.bytes()))).toBe(true);
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged' });

  await writeRepository(upstream.folder, { only: ['primary'], packages: [], time: 1_700_000_100 });
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'no_space' });
  expect(result.reason).toMatch(/^source a: only .*min_free/);
  const repomd = await fetch(`${url}/channels/a/repodata/repomd.xml`);
  expect(repomd.status).toBe(200);

  await app.reload(config);
  expect((await fetch(`${url}/channels/a/${packages[1]!.href}`)).status).toBe(200);
});
