import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startApp, temporaryFolder } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';
import { invented, startRepository, writeRepository } from './repository.ts';
import { objectsIn, served } from './served.ts';

const later = 1_700_000_100;

it('counts what changed, fetches only changed documents, and packs only new fragments', async () => {
  const packages = Array.from({ length: 300 }, (_, i) => invented(`brook${i}`, '1', 40));
  const { upstream } = await startRepository({ packages, advisories: ['A-1', 'A-2'] });
  const { sync, app, config } = await startApp([{ label: 'a', upstream: upstream.url }]);
  const first = { packagesAdded: 300, packagesRemoved: 0, advisoriesNew: 2 };
  expect(await sync('a')).toMatchObject({ revision: 1, packages: 300, ...first });
  const before = await objectsIn(config.data);
  upstream.requests.length = 0;

  const changed = [...packages.slice(3), invented('weir', '2', 40), invented('sluice', '1', 40)];
  const options = { packages: changed, advisories: ['A-1', 'A-2'], time: later };
  const hrefs = await writeRepository(upstream.folder, options);
  const counts = { packagesAdded: 2, packagesRemoved: 3, advisoriesNew: 0 };
  expect(await sync('a')).toMatchObject({ revision: 2, packages: 299, ...counts });
  expect(new Set(upstream.requests)).toEqual(
    new Set(
      [
        'repodata/repomd.xml',
        'repodata/repomd.xml.asc',
        hrefs.primary,
        hrefs.filelists,
        hrefs.other,
      ].map((path) => `/${path}`),
    ),
  );
  const packs = [...(await objectsIn(config.data))]
    .filter(([, bytes]) => bytes.toString('latin1', 0, 7) === 'HWPACK1')
    .map(([name, bytes]) => ({ isNew: !before.has(name), size: bytes.length }));
  expect(packs.filter((p) => p.isNew)).toHaveLength(3);
  for (const { size } of packs.filter((p) => p.isNew)) expect(size).toBeLessThan(1500);
  expect(Math.max(...packs.filter((p) => !p.isNew).map((p) => p.size))).toBeGreaterThan(15_000);

  await writeRepository(upstream.folder, {
    ...options,
    advisories: ['A-2', 'A-3'],
    time: later + 1,
  });
  const advisories = { packagesAdded: 0, packagesRemoved: 0, advisoriesNew: 1 };
  expect(await sync('a')).toMatchObject({ revision: 3, packages: 299, ...advisories });
  const { history } = await app.operations.showSource('a');
  expect(history).toHaveLength(3);
  expect(history[1]).toMatchObject({ outcome: 'updated', revision: 2, advisories: 2, ...counts });
  expect(history[2]).toMatchObject({ outcome: 'updated', revision: 1, ...first });
});

it('serves files of the old revision until their grace is over', async () => {
  const old = invented('brook', '1');
  const { upstream, documents } = await startRepository({ packages: [old, invented('weir')] });
  const { sync, url } = await startApp([{ label: 'a', upstream: upstream.url }], { graceMs: 2000 });
  await sync('a');
  const paths = [...Object.values(documents), old.href];
  const first = await served(url, 'a', paths);
  expect(Object.values(first).every((s) => s.startsWith('200 '))).toBe(true);

  const renewed = await writeRepository(upstream.folder, {
    packages: [invented('brook', '2'), invented('weir')],
    advisories: ['A-1'],
    time: later,
  });
  expect(await sync('a')).toMatchObject({ revision: 2 });
  const superseded = Date.now();
  expect(await served(url, 'a', paths)).toEqual(first);
  const repomd = await fetch(`${url}/channels/a/repodata/repomd.xml`);
  expect(await repomd.text()).toContain(renewed.primary);

  await sleep(2100 - (Date.now() - superseded));
  expect(new Set(Object.values(await served(url, 'a', paths)))).toEqual(new Set(['404']));
  const now = await served(url, 'a', [...Object.values(renewed), invented('brook', '2').href]);
  expect(Object.values(now).every((s) => s.startsWith('200 '))).toBe(true);
});

it('does not fetch a document again that another revision or source has', async () => {
  const folder = await temporaryFolder();
  const one = { packages: [invented('brook')] };
  await writeRepository(folder, one);
  const upstream = await startUpstream(folder);
  const { sync } = await startApp([
    { label: 'a', upstream: upstream.url },
    { label: 'b', upstream: upstream.url },
  ]);
  await sync('a');
  await writeRepository(folder, { packages: [invented('weir')], time: later });
  await sync('a');
  await writeRepository(folder, { ...one, time: later + 1 });
  for (const label of ['a', 'b']) {
    upstream.requests.length = 0;
    expect(await sync(label)).toMatchObject({ outcome: 'updated', packages: 1 });
    expect(upstream.requests).toEqual(['/repodata/repomd.xml', '/repodata/repomd.xml.asc']);
  }
});

it('refuses an older repomd.xml unless told to take it', async () => {
  const packages = [invented('brook')];
  const { upstream } = await startRepository({ packages, time: later });
  const newer = await temporaryFolder();
  await cp(upstream.folder, newer, { recursive: true });
  const { sync, app, url } = await startApp([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  await writeRepository(upstream.folder, { packages: [invented('weir')], time: later - 50 });
  const refused = await sync('a');
  expect(refused).toMatchObject({ outcome: 'failed', kind: 'invalid' });
  expect(refused.reason).toMatch(
    /source a: .*2023-11-14T22:14:10.*older than ours of 2023-11-14T22:15:00.*--allow-older/,
  );
  const repomd = await fetch(`${url}/channels/a/repodata/repomd.xml`).then((r) => r.text());
  expect(repomd).toBe(await readFile(join(newer, 'repodata/repomd.xml'), 'utf8'));

  const [taken] = await app.operations.sync({ labels: ['a'], allowOlder: true }, () => {});
  expect(taken).toMatchObject({ outcome: 'updated', revision: 2, packagesRemoved: 1 });
});

it('sets a package aside whose location leaves the tree, and serves the others', async () => {
  const away = { ...invented('brook'), href: '../../etc/passwd' };
  const { upstream } = await startRepository({ packages: [away, invented('weir')] });
  const { sync, url } = await startApp([{ label: 'a', upstream: upstream.url }]);
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'updated', packages: 1, setAsideCount: 1 });
  expect(result.setAside[0]).toMatchObject({
    document: 'primary',
    reason: expect.stringContaining('brook has a location outside the repository'),
  });
  const answers = await served(url, 'a', ['..%2F..%2Fetc%2Fpasswd', invented('weir').href]);
  expect(answers['..%2F..%2Fetc%2Fpasswd']).toBe('404');
  expect(answers[invented('weir').href]).toMatch(/^200 /);
});
