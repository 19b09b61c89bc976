import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { documentOf, sha256 } from '../server/mirrored.ts';
import { fixtureCopy, startApp, type TestApp } from '../support/app.ts';
import { fixtureFolder } from './folder.ts';
import { createPlace, fixture } from './headwater.ts';

const upstream = fixture('ol8');

/** What each check found, by its name. */
async function checks({ app }: TestApp) {
  return Object.fromEntries((await app.operations.doctor()).map((c) => [c.name, c]));
}

it('All is well with a folder that was just mirrored', async () => {
  const app = await startApp([{ label: 'ol8', upstream }]);
  await app.sync('ol8');
  const found = await checks(app);
  expect(Object.keys(found)).toEqual([
    'data folder',
    'free space',
    'database state',
    'database catalogue',
    'served ol8',
    'upstream ol8',
  ]);
  for (const check of Object.values(found)) expect(check.status, check.name).toBe('ok');
  expect(found['served ol8']!.detail).toBe('revision 1: all of its 8 files are there, and indexed');
  expect(found['upstream ol8']!.detail).toBe(
    `${fixture('ol8').replace('file:', 'file://')} answers`,
  );
});

it('An upstream that fails, and space below the watermark, are found', async () => {
  const folder = await fixtureCopy('ol8');
  const app = await startApp(
    [
      { label: 'gone', upstream: `file:${folder}/nowhere/` },
      { label: 'deaf', upstream: 'http://user:secret@127.0.0.1:1/' },
    ],
    { minFree: 2 ** 62 },
  );
  const found = await checks(app);
  expect(found['upstream gone']).toMatchObject({
    status: 'failed',
    detail: `${folder}/nowhere/repodata/repomd.xml does not exist`,
  });
  expect(found['upstream deaf']).toMatchObject({ status: 'failed' });
  expect(found['upstream deaf']!.detail).toMatch(/^http:\/\/127\.0\.0\.1:1\/.* cannot be reached/);
  expect(found['free space']).toMatchObject({ status: 'failed' });
  expect(found['free space']!.detail).toContain('min_free');
  expect(found['data folder']).toMatchObject({ status: 'ok' });
});

it('A missing object is found: a file of upstream, a pack, the manifest', async () => {
  const app = await startApp([{ label: 'ol8', upstream }]);
  await app.sync('ol8');
  const objects = join(app.config.data, 'objects');
  const { bytes } = await documentOf(fixtureFolder('ol8'), 'primary');
  const primary = sha256(bytes);
  await rm(join(objects, primary.slice(0, 2), primary.slice(2)));
  expect((await checks(app))['served ol8']).toMatchObject({
    status: 'failed',
    detail: `object ${primary} of revision 1 is missing: \`headwater sync ol8\` fetches it again`,
  });
  for (const folder of await readdir(objects)) await rm(join(objects, folder), { recursive: true });
  const { status, detail } = (await checks(app))['served ol8']!;
  expect([status, detail]).toEqual(['failed', expect.stringContaining('is missing from the data')]);
});

it('A damaged catalogue is found, on one line, and the command ends with 1', async () => {
  const place = await createPlace(`sources: [{ label: ol8, upstream: "${upstream}" }]`);
  expect((await place.run('sync', 'ol8')).code).toBe(0);
  const file = await open(join(place.folder, 'data/catalogue.sqlite'), 'r+');
  await file.write(Buffer.alloc(20_000, 0x5a), 0, 20_000, 8192);
  await file.close();

  const { code, value } = await place.json<{ name: string; status: string }[]>('doctor');
  expect(code).toBe(1);
  expect(value.filter((c) => c.status !== 'ok').map((c) => c.name)).toEqual([
    'database catalogue',
    'served ol8',
  ]);
  const { stdout } = await place.run('doctor');
  expect(stdout).toMatch(/^failed +database catalogue +\S+\/catalogue\.sqlite is damaged: /m);
  expect(stdout.trimEnd().split('\n')).toHaveLength(value.length + 1);
});
