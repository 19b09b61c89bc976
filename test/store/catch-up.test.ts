import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { objectPaths } from '../mirror/damage.ts';
import { invented, startRepository, writeRepository } from '../mirror/repository.ts';
import { fixtureCopy, startApp, temporaryFolder } from '../support/app.ts';

const rpm = 'getPackage/weir-1.8.1-2.el8.x86_64.rpm';

it('a catalogue that was deleted is made again at the next start', async () => {
  const data = join(await temporaryFolder(), 'data');
  const sources = [{ label: 'ol8', upstream: `file:${await fixtureCopy('ol8')}/` }];
  const first = await startApp(sources, { data });
  await first.sync('ol8');
  await first.close();
  for (const end of ['', '-wal', '-shm']) {
    await rm(join(data, `catalogue.sqlite${end}`), { force: true });
  }

  const { url, app, sync } = await startApp(sources, { data });
  expect((await fetch(`${url}/channels/ol8/${rpm}`)).status).toBe(200);
  expect((await app.operations.doctor()).filter((c) => c.status === 'failed')).toEqual([]);
  expect(await sync('ol8')).toMatchObject({ outcome: 'unchanged' });
});

it('an object that was lost is reported by doctor and fetched again by the next sync', async () => {
  const data = join(await temporaryFolder(), 'data');
  const { app, url, sync } = await startApp(
    [{ label: 'ol8', upstream: `file:${await fixtureCopy('ol8')}/` }],
    { data },
  );
  await sync('ol8');
  const { documents } = await app.operations.showSource('ol8');
  const path = documents.find((d) => d.type === 'primary')!.path;
  const sha256 = /[0-9a-f]{64}/.exec(path)![0];
  await rm(join(data, 'objects', sha256.slice(0, 2), sha256.slice(2)));

  const failed = (await app.operations.doctor()).filter((c) => c.status === 'failed');
  expect(failed).toMatchObject([{ name: 'served ol8', detail: expect.stringContaining(sha256) }]);
  expect((await fetch(`${url}/channels/ol8/${path}`)).status).toBe(404);
  expect(await sync('ol8')).toMatchObject({ outcome: 'updated', packagesAdded: 0 });
  expect((await fetch(`${url}/channels/ol8/${path}`)).status).toBe(200);
});

it('says of a lost revision that nobody is served what doctor can say of it', async () => {
  const packages = [invented('brook')];
  const { upstream } = await startRepository({ packages, only: ['primary'] });
  const { app, sync, config } = await startApp([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  const { manifest } = await objectPaths(config.data, 'a');
  await writeRepository(upstream.folder, { packages, only: ['primary'], time: 1_700_000_100 });
  await sync('a');
  await rm(manifest);
  const { skipped } = await app.operations.rebuildCatalogue(() => {});
  expect(skipped).toMatchObject([{ label: 'a', revision: 1 }]);
  expect(skipped[0]!.reason).toContain('`headwater doctor` says what current revisions lack');
  expect((await app.operations.doctor()).filter((c) => c.status !== 'ok')).toEqual([]);
});
