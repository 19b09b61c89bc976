import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { fill, smallDisk, whyNoSmallDisk } from '../support/small-disk.ts';
import { invented, startRepository, writeRepository } from './repository.ts';
import { expectTidy, served } from './served.ts';

const skipped = await whyNoSmallDisk();

it.skipIf(skipped)(`survives a full disk, serves on, and recovers${skipped}`, async () => {
  const disk = await smallDisk();
  const kept = Array.from({ length: 20 }, (_, i) => invented(`brook${i}`));
  const { upstream, documents } = await startRepository({ packages: kept });
  const data = join(disk, 'data');
  const { sync, url, app } = await startApp([{ label: 'a', upstream: upstream.url }], { data });
  await sync('a');
  const paths = ['repodata/repomd.xml', ...Object.values(documents)];
  const old = await served(url, 'a', paths);
  // Documents, packs and catalogue rows that take about a megabyte.
  const many = Array.from({ length: 1500 }, (_, i) => invented(`weir${i}`, '1', 40));
  await writeRepository(upstream.folder, { packages: many, time: 1_700_000_100 });

  for (const left of [0, 4096, 65_536, 200_000]) {
    const free = await fill(disk, left);
    const result = await sync('a');
    expect({ left, ...result }).toMatchObject({ left, outcome: 'failed', kind: 'no_space' });
    expect(result.reason).toMatch(/^source a: .*free some space/);
    expect(await served(url, 'a', paths)).toEqual(old);
    await expectTidy(data);
    const rpm = await fetch(`${url}/channels/a/${kept[left % 7]!.href}`);
    if (left === 0) expect(rpm.status).toBe(503);
    await rpm.bytes();
    await free();
  }
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 1500 });
  expect((await fetch(`${url}/channels/a/${many[0]!.href}`)).status).toBe(200);
  const { history } = await app.operations.showSource('a');
  expect(history[0]).toMatchObject({ outcome: 'updated' });
  await expectTidy(data);
});
