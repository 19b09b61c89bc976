import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { until } from '../../cli/headwater.ts';
import { invented, startRepository, writeRepository } from '../../mirror/repository.ts';
import { objectsIn, served } from '../../mirror/served.ts';
import { counted, everything, onDisk, revisionsOf, startForgetful } from './space.ts';

const time = 1_700_000_000;

/** A source of three revisions, each of which replaces one package; the packages of all were asked for. */
async function threeRevisions(checksum: 'sha256' | 'sha512' = 'sha256') {
  const stable = ['brook', 'eddy', 'sluice'].map((name) => invented(name));
  const { upstream, documents } = await startRepository({
    packages: [...stable, invented('weir', '1')],
    advisories: ['A-1'],
    checksum,
  });
  const test = await startForgetful([{ label: 'a', upstream: upstream.url }]);
  const fetchAll = async (version: string) =>
    served(
      test.url,
      'a',
      [...stable, invented('weir', version)].map((p) => p.href),
    );
  await test.sync('a');
  await fetchAll('1');
  let now = documents;
  for (const version of ['2', '3']) {
    now = await writeRepository(upstream.folder, {
      packages: [...stable, invented('weir', version)],
      advisories: [`A-${version}`],
      time: time + Number(version),
      checksum,
    });
    expect(await test.sync('a')).toMatchObject({ outcome: 'updated' });
    await fetchAll(version);
  }
  // A client may have all of a package before its download is at its end.
  await until(async () => {
    const aliases = join(test.config.data, 'aliases');
    const names = await readdir(aliases, { recursive: true }).catch(() => []);
    return checksum === 'sha256' || names.filter((n) => n.length > 100).length === 6;
  });
  const paths = [
    'repodata/repomd.xml',
    ...Object.values(now),
    ...[...stable, invented('weir', '3')].map((p) => p.href),
  ];
  return { ...test, upstream, paths, data: test.config.data };
}

it.each(['sha256', 'sha512'] as const)(
  'removes what only past revisions needed, and frees as many bytes as it says (%s)',
  async (checksum) => {
    const { gc, url, paths, data, plans, app, sync } = await threeRevisions(checksum);
    const before = await served(url, 'a', paths);
    const disk = await onDisk(data);
    const result = await gc();
    const after = await onDisk(data);
    expect(disk.bytes - after.bytes).toBe(result.bytes);
    expect(result.lines.reduce((sum, line) => sum + line.bytes, 0)).toBe(result.bytes);
    const files = result.lines.filter(({ kind }) => kind !== 'rows');
    expect(disk.count - after.count).toBe(files.reduce((sum, { count }) => sum + count, 0));
    const { took, dryRun, ...freed } = result;
    expect(plans).toEqual([freed]);

    expect(result.revisions).toEqual([{ label: 'a', numbers: [2, 1] }]);
    expect(result.lines).toContainEqual({ source: 'a', kind: 'rpms', count: 2, bytes: 6000 });
    expect(result.lines).toContainEqual(
      expect.objectContaining({ source: 'a', kind: 'documents', count: 2 * 5 }),
    );
    expect(revisionsOf(data, 'a')).toEqual([3]);
    expect(await served(url, 'a', paths)).toEqual(before);
    expect((await app.operations.doctor()).filter((c) => c.status !== 'ok')).toEqual([]);
    expect(await app.operations.verifySource('a', { repair: false }, () => {})).toMatchObject({
      intact: true,
      packages: 4,
    });
    const again = await gc();
    expect(again).toMatchObject({ lines: [], bytes: 0, revisions: [] });
    expect(await sync('a')).toMatchObject({ outcome: 'unchanged' });
  },
);

it('removes rows of the catalogue that no revision sees, and what says which rows a pack has', async () => {
  const { gc, data, upstream, sync, app } = await threeRevisions();
  const count = (query: string) => counted(data, 'catalogue', query);
  expect(count('SELECT count(*) FROM package')).toBe(6);
  expect(count('SELECT count(*) FROM membership')).toBe(6);
  const result = await gc();
  expect(result.lines).toContainEqual({ source: 'a', kind: 'rows', count: 4, bytes: 0 });
  expect(result.lines).toContainEqual({ source: '(shared)', kind: 'rows', count: 4, bytes: 0 });
  expect(count('SELECT count(*) FROM package')).toBe(4);
  expect(count('SELECT count(*) FROM membership')).toBe(4);
  expect(count('SELECT count(*) FROM advisory')).toBe(1);
  expect(count('SELECT sum(count) FROM pack_rows')).toBe(5);
  expect(
    count('SELECT count(*) FROM pack_rows WHERE row + count - 1 > (SELECT max(id) FROM package)'),
  ).toBe(0);

  // What comes back gets rows of its own again.
  const packages = ['brook', 'weir'].map((name) => invented(name, '1'));
  await writeRepository(upstream.folder, { packages, advisories: ['A-1'], time: time + 9 });
  expect(await sync('a')).toMatchObject({ packages: 2, packagesAdded: 1, advisoriesNew: 1 });
  expect(count('SELECT count(*) FROM membership WHERE to_revision IS NULL')).toBe(2);
  expect((await app.operations.doctor()).filter((c) => c.status !== 'ok')).toEqual([]);
});

it('changes nothing in a dry run', async () => {
  const { gc, data, plans } = await threeRevisions('sha512');
  const before = await everything(data);
  const result = await gc(true);
  expect(result).toMatchObject({ dryRun: true, revisions: [{ label: 'a', numbers: [2, 1] }] });
  expect(result.bytes).toBeGreaterThan(6000);
  expect(plans).toHaveLength(1);
  expect(await everything(data)).toEqual(before);
});

it('keeps what two sources share, and counts once what neither needs any more', async () => {
  const old = { packages: [invented('brook'), invented('weir')] };
  const { upstream } = await startRepository(old);
  const sources = ['a', 'b'].map((label) => ({ label, upstream: upstream.url }));
  const { sync, gc, url, config } = await startForgetful(sources);
  for (const label of ['a', 'b']) await sync(label);
  await served(url, 'a', [invented('weir').href]);
  await writeRepository(upstream.folder, { packages: [invented('brook')], time: time + 9 });
  await sync('a');
  const bAlone = await gc();
  expect(bAlone.lines.filter(({ kind }) => kind === 'documents')).toEqual([]);
  expect(bAlone.lines.filter(({ kind }) => kind === 'rpms')).toEqual([]);
  await sync('b');
  const { lines } = await gc();
  expect(lines).toContainEqual(
    expect.objectContaining({ source: 'b', kind: 'documents', count: 4 }),
  );
  expect(lines).toContainEqual({ source: 'b', kind: 'rpms', count: 1, bytes: 3000 });

  // Both at once: it is nobody's alone.
  const files = (await objectsIn(config.data)).size;
  await writeRepository(upstream.folder, { packages: [invented('eddy')], time: time + 10 });
  for (const label of ['a', 'b']) await sync(label);
  const both = await gc();
  expect(both.lines).toContainEqual(
    expect.objectContaining({ source: '(shared)', kind: 'documents', count: 4 }),
  );
  expect((await objectsIn(config.data)).size).toBe(files);
});

it('forgets all of a source that was removed, and nothing of one that vanished from the file', async () => {
  const { upstream } = await startRepository({ packages: [invented('brook')] });
  const other = await startRepository({ packages: [invented('weir')] });
  const test = await startForgetful([{ label: 'a', upstream: upstream.url }]);
  await test.app.operations.addSource({ label: 'b', upstream: other.upstream.url });
  for (const label of ['a', 'b']) await test.sync(label);
  await served(test.url, 'b', [invented('weir').href]);
  await test.app.operations.removeSource('b');
  await test.app.reload({ ...test.config, sources: [] });
  const { lines } = await test.gc();
  expect(new Set(lines.map(({ source }) => source))).toEqual(new Set(['(left over)', 'b']));
  // An invented rpm is none by its bytes.
  expect(lines).toContainEqual(expect.objectContaining({ kind: 'documents', count: 5 }));
  const { data } = test.config;
  expect(counted(data, 'catalogue', 'SELECT count(*) FROM source')).toBe(1);
  await test.app.reload(test.config);
  expect(await test.sync('a')).toMatchObject({ outcome: 'unchanged' });
  expect((await test.app.operations.doctor()).filter((c) => c.status !== 'ok')).toEqual([]);
});
