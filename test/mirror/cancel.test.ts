import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { defaultLimits } from '../../src/cli/limits-section.ts';
import { createPlace, until } from '../cli/headwater.ts';
import { startApp } from '../support/app.ts';
import { invented, startRepository, writeRepository } from './repository.ts';
import { expectTidy, objectsIn, served } from './served.ts';

it('breaks off what runs in a server, and goes on serving the old revision', async () => {
  const { upstream, documents } = await startRepository({ packages: [invented('brook')] });
  const place = await createPlace(`sources: [{ label: a, upstream: "${upstream.url}" }]`);
  const server = await place.serve();
  expect((await place.run('sync', 'a')).code).toBe(0);
  const paths = ['repodata/repomd.xml', ...Object.values(documents)];
  const before = await served(server.url, 'a', paths);

  await writeRepository(upstream.folder, { packages: [invented('weir')], time: 1_700_000_100 });
  // Never ends by itself.
  upstream.fault = (request, response) => {
    if (!request.url!.includes('filelists')) return false;
    response.writeHead(200, { 'content-length': 5000 }).write('x');
    return true;
  };
  upstream.requests.length = 0;
  const syncing = place.json('sync', 'a');
  await until(() => upstream.requests.some((r) => r.includes('filelists')));
  const cancelled = await place.json('sync', '--cancel', 'a');
  expect(cancelled).toMatchObject({ code: 0, value: [{ label: 'a', outcome: 'cancelled' }] });
  expect(await syncing).toMatchObject({ code: 1, value: [{ outcome: 'cancelled' }] });
  expect(await served(server.url, 'a', paths)).toEqual(before);
  await expectTidy(`${place.folder}/data`);
  const { value } = await place.json('source', 'show', 'a');
  expect(value).toMatchObject({ revision: 1, history: [{ outcome: 'cancelled' }, {}] });

  upstream.fault = undefined;
  expect((await place.json('sync', 'a')).value).toMatchObject([{ outcome: 'updated' }]);
});

it('says where nothing is running, and where there is no such source', async () => {
  const place = await createPlace('sources: [{ label: a, upstream: "http://127.0.0.1:1/" }]');
  const none = await place.run('sync', '--cancel', '--all');
  expect(none).toEqual({ code: 0, stdout: 'a: nothing was running\n', stderr: '' });
  const unknown = await place.run('sync', '--cancel', 'b');
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toMatch(/there is no source b/);
});

it('ends at once what still waits for its turn', async () => {
  const { upstream } = await startRepository({ packages: [invented('brook')] });
  const gate = Promise.withResolvers<void>();
  upstream.fault = async () => {
    await gate.promise;
    return false;
  };
  const labels = ['a', 'b', 'c'];
  const { sync, app } = await startApp(
    labels.map((label) => ({ label, upstream: upstream.url })),
    { limits: { ...defaultLimits, parallelSyncs: 2 } },
  );
  const results = labels.map(sync);
  while (upstream.requests.length < 2) await sleep(10);
  expect(await app.operations.cancelSync(['c'])).toEqual([{ label: 'c', outcome: 'cancelled' }]);
  expect(await results[2]).toMatchObject({ outcome: 'cancelled' });
  expect((await app.operations.showSource('c')).history).toMatchObject([{ outcome: 'cancelled' }]);
  gate.resolve();
  expect(await results[0]).toMatchObject({ outcome: 'updated' });
  expect(await results[1]).toMatchObject({ outcome: 'updated' });
});

it('keeps the packages that came whole before it was broken off', async () => {
  const packages = ['brook', 'weir', 'sluice'].map((name) => invented(name));
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const { sync, app, url, config } = await startApp([
    { label: 'a', upstream: upstream.url, packages: 'immediate' },
  ]);
  // Half of it, and no end.
  upstream.fault = (request, response) => {
    if (!request.url!.includes('sluice')) return false;
    response.writeHead(200, { 'content-length': 3000 }).write(Buffer.alloc(1500));
    return true;
  };
  const running = sync('a');
  const held = async () => (await objectsIn(config.data)).size;
  // repomd.xml, primary, its tree and pack, the manifest and two rpms.
  await until(async () => (await held()) === 7);
  expect(await app.operations.cancelSync(['a'])).toEqual([{ label: 'a', outcome: 'cancelled' }]);
  expect(await running).toMatchObject({ outcome: 'cancelled', packagesFetched: 2 });
  await expectTidy(config.data);
  // Packages come after the revision.
  expect((await fetch(`${url}/channels/a/repodata/repomd.xml`)).status).toBe(200);
  upstream.fault = undefined;
  upstream.requests.length = 0;
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged', packagesFetched: 1 });
  expect(upstream.requests.filter((r) => r.endsWith('.rpm'))).toEqual([`/${packages[2]!.href}`]);
});

it('ends a sync that waits for another of the same source, as one that may take what is older', async () => {
  const { upstream } = await startRepository({ packages: [invented('brook')] });
  upstream.fault = () => true;
  const { app } = await startApp([{ label: 'a', upstream: upstream.url }]);
  const sync = (allowOlder: boolean) =>
    app.operations.sync({ labels: ['a'], allowOlder }, () => {});
  const results = [sync(false), sync(true)];
  await until(() => upstream.requests.length > 0);
  await app.operations.cancelSync(['a']);
  for (const result of results) expect(await result).toMatchObject([{ outcome: 'cancelled' }]);
  expect(upstream.requests).toHaveLength(1);
});
