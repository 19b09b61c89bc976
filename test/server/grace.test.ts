import { afterEach, expect, it, vi } from 'vitest';
import { fixtureCopy } from '../support/app.ts';
import { documentOf, startMirrored } from './mirrored.ts';

afterEach(() => vi.useRealTimers());

it('Files of a superseded revision stay readable for the grace, then they are gone', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const grace = 3_600_000;
  const mirrored = await startMirrored('ol8', {}, { graceMs: grace });
  const { app, channel, upstream } = mirrored;
  const old = [
    (await documentOf(upstream.folder, 'primary')).path,
    (await documentOf(upstream.folder, 'filelists')).path,
    'getPackage/weir-1.8.1-2.el8.x86_64.rpm',
  ];
  const statuses = async (paths: string[]) =>
    Promise.all(paths.map(async (p) => (await fetch(channel + p)).status));
  expect(await statuses(old)).toEqual([200, 200, 200]);

  upstream.folder = await fixtureCopy('ol9');
  const [result] = await app.operations.sync({ labels: ['ol8'], allowOlder: true }, () => {});
  expect(result).toMatchObject({ outcome: 'updated', revision: 2 });
  const superseded = Date.now();
  const now = [
    (await documentOf(upstream.folder, 'primary')).path,
    'Packages/w/weir-2.0.3-4.el9.x86_64.rpm',
    'repodata/repomd.xml',
  ];

  for (const after of [0, grace - 60_000]) {
    vi.setSystemTime(superseded + after);
    expect(await statuses(old), `${after} ms after`).toEqual([200, 200, 200]);
    expect(await statuses(now)).toEqual([200, 200, 200]);
  }
  vi.setSystemTime(superseded + grace + 1000);
  expect(await statuses(old)).toEqual([404, 404, 404]);
  expect(await statuses(now)).toEqual([200, 200, 200]);
});
