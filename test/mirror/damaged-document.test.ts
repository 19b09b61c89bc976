import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { damages, objectPaths } from './damage.ts';
import { invented, startRepository } from './repository.ts';
import { expectTidy, served } from './served.ts';

const options = {
  only: ['primary', 'filelists'] as ('primary' | 'filelists')[],
  packages: [invented('brook'), invented('weir')],
};

it('fetches a document again that is damaged on the disk since its source is gone', async () => {
  const { upstream, documents } = await startRepository(options);
  const { app, sync, url, config } = await startApp([]);
  await app.operations.addSource({ label: 'a', upstream: upstream.url });
  await sync('a');
  const paths = Object.values(documents);
  const before = await served(url, 'a', paths);
  const { document, tree } = await objectPaths(config.data, 'a');
  await app.operations.removeSource('a');
  await damages['a flipped bit'](document);
  await damages['a lost file'](tree);

  await app.operations.addSource({ label: 'b', upstream: upstream.url });
  upstream.requests.length = 0;
  expect(await sync('b')).toMatchObject({ outcome: 'updated', reason: null });
  // What is good is not fetched again.
  expect(upstream.requests.filter((path) => path.includes('filelists'))).toEqual([]);
  expect(await served(url, 'b', paths)).toEqual(before);
  await expectTidy(config.data);
});

it('repairs a document that is damaged together with the manifest and its tree', async () => {
  const { upstream } = await startRepository(options);
  const { app, sync, config } = await startApp([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  const places = await objectPaths(config.data, 'a');
  await damages['a flipped bit'](places.document);
  await damages['a lost file'](places.tree);
  await damages['a lost file'](places.manifest);
  const report = await app.operations.verifySource('a', { repair: true }, () => {});
  expect(report).toMatchObject({
    intact: true,
    current: 2,
    problems: [{ kind: 'manifest', repair: 'synced' }],
  });
  await expectTidy(config.data);
});

it('syncs over a document of its own that is damaged where it is to be cut again', async () => {
  const { upstream } = await startRepository(options);
  const { sync, config } = await startApp([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  const places = await objectPaths(config.data, 'a');
  await damages['a flipped bit'](places.document);
  await damages['a lost file'](places.tree);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 2 });
  await expectTidy(config.data);
});

it('says why the sync failed that was to repair', async () => {
  const { upstream } = await startRepository(options);
  const { app, sync, config } = await startApp([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  const { manifest } = await objectPaths(config.data, 'a');
  const bytes = await readFile(manifest);
  await writeFile(manifest, bytes.subarray(1));
  upstream.fault = (_, response) => !!response.writeHead(503).end();
  const report = await app.operations.verifySource('a', { repair: true }, () => {});
  expect(report).toMatchObject({
    intact: false,
    problems: [{ reason: expect.stringMatching(/^a sync to mend it failed: source a: .*503/) }],
  });
});
