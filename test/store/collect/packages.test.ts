import { createHash } from 'node:crypto';
import { utimes } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { dataPaths } from '../../../src/store/paths.ts';
import {
  type InventedPackage,
  invented,
  startRepository,
  writeRepository,
} from '../../mirror/repository.ts';
import { objectsIn, served } from '../../mirror/served.ts';
import { startForgetful } from './space.ts';

const day = 86_400_000;
const nameOf = ({ bytes }: InventedPackage) => createHash('sha256').update(bytes).digest('hex');
const packages = ['brook', 'eddy', 'sluice', 'weir'].map((name) => invented(name));

/** Says that packages were last asked for so many days ago. */
async function lastAsked(data: string, ages: [InventedPackage, number][]): Promise<void> {
  for (const [pkg, days] of ages) {
    const at = new Date(Date.now() - days * day);
    await utimes(dataPaths(data).object(nameOf(pkg)), at, at);
  }
}

async function held(data: string): Promise<string[]> {
  const names = await objectsIn(data);
  return packages.filter((p) => names.has(nameOf(p))).map((p) => p.name);
}

it('drops packages that no revision has once they were not asked for in a while', async () => {
  const { upstream } = await startRepository({ packages });
  const { sync, gc, url, config } = await startForgetful([{ label: 'a', upstream: upstream.url }], {
    space: { drop_packages_after: '30d' },
  });
  await sync('a');
  await served(
    url,
    'a',
    packages.map((p) => p.href),
  );
  await writeRepository(upstream.folder, { packages: packages.slice(2), time: 1_700_000_001 });
  await sync('a');
  const [brook, eddy, sluice] = packages as [InventedPackage, InventedPackage, InventedPackage];
  await lastAsked(config.data, [
    [brook, 31],
    [eddy, 29],
    [sluice, 400],
  ]);
  const { lines } = await gc();
  expect(lines).toContainEqual({ source: 'a', kind: 'rpms', count: 1, bytes: 3000 });
  expect(await held(config.data)).toEqual(['eddy', 'sluice', 'weir']);
});

it('drops those that were asked for longest ago where packages on demand take too much', async () => {
  const { upstream } = await startRepository({ packages });
  const { sync, gc, url, config } = await startForgetful([{ label: 'a', upstream: upstream.url }], {
    space: { packages_at_most: '7kB' },
  });
  await sync('a');
  const hrefs = packages.map((p) => p.href);
  const before = await served(url, 'a', hrefs);
  await lastAsked(
    config.data,
    packages.map((p, i) => [p, i === 1 ? 9 : 5 - i]),
  );
  const { lines, bytes } = await gc();
  expect(lines).toEqual([{ source: 'a', kind: 'rpms', count: 2, bytes: 6000 }]);
  expect(bytes).toBe(6000);
  expect(await held(config.data)).toEqual(['sluice', 'weir']);
  expect(await gc()).toMatchObject({ bytes: 0 });
  // They are fetched again by who asks.
  expect(await served(url, 'a', hrefs)).toEqual(before);
});

it('takes a package that a client asked for as used, at once', async () => {
  const { upstream } = await startRepository({ packages });
  const { sync, url, config, close } = await startForgetful(
    [{ label: 'a', upstream: upstream.url }],
    { space: { packages_at_most: '4kB', margin: '1ms' } },
  );
  await sync('a');
  await served(
    url,
    'a',
    packages.map((p) => p.href),
  );
  await lastAsked(
    config.data,
    packages.map((p, i) => [p, 10 + i]),
  );
  await close();
  const again = await startForgetful([{ label: 'a', upstream: upstream.url }], {
    data: config.data,
    space: { packages_at_most: '4kB' },
  });
  await served(again.url, 'a', [packages[3]!.href]);
  await again.gc();
  expect(await held(config.data)).toEqual(['weir']);
});

it('drops none of a source that fetches all of them', async () => {
  const { upstream } = await startRepository({ packages });
  const { sync, gc, config } = await startForgetful(
    [{ label: 'a', upstream: upstream.url, packages: 'immediate' }],
    { space: { packages_at_most: '1kB' } },
  );
  await sync('a');
  await lastAsked(
    config.data,
    packages.map((p) => [p, 500]),
  );
  expect(await gc()).toMatchObject({ bytes: 0, lines: [] });
  expect(await held(config.data)).toHaveLength(4);
});
