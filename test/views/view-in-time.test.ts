import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { invented, writeRepository } from '../mirror/repository.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';
import { createYumClient } from '../support/yum-client.ts';

it('A view at a time is its filters and its parents as they were then, whether or not it was asked for', async () => {
  const folder = await temporaryFolder();
  const publish = (version: string) =>
    writeRepository(folder, {
      packages: [invented('brook', version), invented('weir'), invented('sluice')],
      time: 1_700_000_000 + Number(version),
    });
  await publish('1');
  const upstream = await startUpstream(folder);
  const { app, sync, url } = await startApp([{ label: 'a', upstream: upstream.url }]);
  const names = async (channel: string) => {
    const client = createYumClient(`${url}/channels/${channel}/`);
    const { packages } = await client.makeCache();
    client.close();
    return packages.map((p) => `${p.name}-${p.version}`).toSorted();
  };
  const later = async () => {
    // Revisions have whole seconds.
    await sleep(1100);
    const now = new Date().toISOString();
    await sleep(1100);
    return now;
  };
  await app.operations.addSource({
    label: 'v',
    from: ['a'],
    filters: [{ packages: { exclude: ['weir'] } }],
  });
  const nothing = await later();
  await sync('a');
  const first = await later();
  await app.operations.setFilters('v', [{ packages: { exclude: ['sluice'] } }]);
  const second = await later();
  await publish('2');
  await sync('a');
  const third = await later();

  expect(await names(`v@${first}`)).toEqual(['brook-1', 'sluice-1']);
  expect(await names(`v@${second}`)).toEqual(['brook-1', 'weir-1']);
  expect(await names(`v@${third}`)).toEqual(['brook-2', 'weir-1']);
  expect(await names('v')).toEqual(['brook-2', 'weir-1']);
  expect(await names(`a@${second}`)).toEqual(['brook-1', 'sluice-1', 'weir-1']);
  const status = async (channel: string) =>
    (await fetch(`${url}/channels/${channel}/repodata/repomd.xml`)).status;
  expect(await status(`v@${nothing}`)).toBe(404);
  expect(await status('v@2001-01-01')).toBe(404);
  expect(await status('v@2999-01-01')).toBe(404);
  expect(await status('v@2026-02-31')).toBe(404);
  expect(await status('v@no-such-snapshot')).toBe(404);
  expect(await status('v@99')).toBe(404);

  // The filter that is set is the one that holds, also for what a view is of a time.
  await app.operations.setFilters('v', [{ as_of: second }]);
  await expect
    .poll(() => names('v'), { timeout: 20_000 })
    .toEqual(['brook-1', 'sluice-1', 'weir-1']);
});
