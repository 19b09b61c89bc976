import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createPlace, until } from '../cli/headwater.ts';
import { startApp } from '../support/app.ts';
import { invented, startRepository } from './repository.ts';
import { expectTidy, objectsIn } from './served.ts';

const packages = Array.from({ length: 60 }, (_, i) => invented(`reach${i}`, '1', 2000 + i));

it('fetches several rpms at the same time, and counts them', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages, checksum: 'sha512' });
  let now = 0;
  let most = 0;
  upstream.fault = async (request) => {
    if (!request.url!.endsWith('.rpm')) return false;
    most = Math.max(most, ++now);
    await sleep(5);
    now--;
    return false;
  };
  const { app, sync, config } = await startApp([
    { label: 'a', upstream: upstream.url, packages: 'immediate' },
  ]);
  const events: { step: string; packages: number; bytes: number; totalBytes: number }[] = [];
  const [result] = await app.operations.sync({ labels: ['a'] }, (e) => events.push({ ...e }));
  expect(result).toMatchObject({ outcome: 'updated', packages: 60, packagesFetched: 60 });
  expect(most).toBeGreaterThan(1);
  const last = events.at(-1)!;
  expect(last).toMatchObject({ step: 'packages', packages: 60 });
  expect(last.bytes).toBe(last.totalBytes);
  await expectTidy(config.data);
  expect(await readdir(join(config.data, 'aliases/sha512'))).not.toEqual([]);
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged', packagesFetched: 0 });
  const { history } = await app.operations.showSource('a');
  expect(history.map((h) => h.packagesFetched)).toEqual([0, 60]);
});

it('fetches only what is missing after a process was killed in the middle', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const place = await createPlace(
    `sources: [{ label: a, upstream: "${upstream.url}", packages: immediate }]`,
  );
  const data = join(place.folder, 'data');
  const rpms = () => upstream.requests.filter((r) => r.endsWith('.rpm'));
  const names = new Set(packages.map((p) => p.bytes.length));
  const held = async () =>
    [...(await objectsIn(data)).values()].filter((b) => names.has(b.length)).length;
  // After forty the rest hangs.
  upstream.fault = (request) => request.url!.endsWith('.rpm') && rpms().length > 40;
  const server = await place.serve();
  const syncing = place.run('sync', 'a');
  await until(async () => rpms().length > 40 && (await held()) >= 36);
  await server.stop('SIGKILL');
  expect((await syncing).code).toBe(1);

  upstream.fault = undefined;
  upstream.requests.length = 0;
  const before = await held();
  expect(before).toBeGreaterThanOrEqual(36);
  await place.serve();
  const { value } = await place.json('sync', 'a');
  expect(value).toMatchObject([{ outcome: 'unchanged', packagesFetched: 60 - before }]);
  expect(rpms()).toHaveLength(60 - before);
  expect(new Set(rpms()).size).toBe(60 - before);
  expect(await held()).toBe(60);
  await expectTidy(data);
  const shown = await place.json('source', 'show', 'a');
  expect(shown.value).toMatchObject({
    // Although no sync that ended counted them.
    packages: 60,
    history: [{ packagesFetched: 60 - before }, { outcome: 'interrupted' }],
  });
  expect((await place.run('source', 'show', 'a')).stdout).toMatch(/^STARTED .* RPMS /m);
});
