import { createHash } from 'node:crypto';
import { readFile, rename, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createPlace, until } from '../cli/headwater.ts';
import { startApp } from '../support/app.ts';
import { damages, objectPaths } from './damage.ts';
import { invented, startRepository, writeRepository } from './repository.ts';
import { expectTidy, objectsIn, served } from './served.ts';

const packages = ['brook', 'weir', 'sluice'].map((name) => invented(name));
const only: ('primary' | 'filelists')[] = ['primary', 'filelists'];
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A source with two revisions, the second of which shares packs with the first, and its rpms. */
async function twoRevisions(checksum: 'sha256' | 'sha512' = 'sha256') {
  const { upstream } = await startRepository({ only, packages, checksum });
  const test = await startApp([{ label: 'a', upstream: upstream.url, packages: 'immediate' }]);
  await test.sync('a');
  const fresh = [...packages, invented('eddy')];
  const documents = await writeRepository(upstream.folder, {
    only,
    packages: fresh,
    time: 1_700_000_100,
    checksum,
  });
  expect(await test.sync('a')).toMatchObject({ outcome: 'updated', revision: 2 });
  const paths = [
    'repodata/repomd.xml',
    ...only.map((t) => documents[t]),
    ...fresh.map((p) => p.href),
  ];
  const { data } = test.config;
  const verify = (repair: boolean) => test.app.operations.verifySource('a', { repair }, () => {});
  return { ...test, upstream, documents, paths, data, verify, fresh };
}

/** The inode of each object: another one if it was replaced. */
async function inodes(data: string): Promise<Map<string, bigint>> {
  const found = new Map<string, bigint>();
  for (const name of (await objectsIn(data)).keys()) {
    const path = join(data, 'objects', name.slice(0, 2), name.slice(2));
    found.set(name, (await stat(path, { bigint: true })).ino);
  }
  return found;
}

const kinds = ['repomd', 'document', 'tree', 'old pack', 'new pack', 'manifest', 'rpm'] as const;
it('says where there is no such source, or nothing of it yet', async () => {
  const { app } = await startApp([{ label: 'a', upstream: 'http://127.0.0.1:1/' }]);
  const verify = (label: string) => app.operations.verifySource(label, { repair: true }, () => {});
  await expect(verify('a')).rejects.toMatchObject({
    kind: 'not_found',
    message: expect.stringContaining('not mirrored yet'),
  });
  await expect(verify('b')).rejects.toMatchObject({
    kind: 'not_found',
    message: expect.stringContaining('no source b'),
  });
});

it('finds nothing to do where everything is as it should be, having read it all', async () => {
  const { verify, upstream, data } = await twoRevisions('sha512');
  upstream.requests.length = 0;
  expect(await verify(false)).toMatchObject({ intact: true, problems: [], packages: 4 });
  const report = await verify(true);
  expect(report).toMatchObject({ intact: true, problems: [], revision: 2, current: 2 });
  // Manifest, repomd.xml and two documents; two trees of two packs.
  expect(report.objects).toBe(1 + 3 + 2 + 4);
  expect(report.bytes).toBeGreaterThan(4 * 3000);
  expect(upstream.requests).toEqual([]);
  await expectTidy(data);
});

it.each(kinds)('finds a %s that is damaged, cut short or lost, and repairs it', async (kind) => {
  const { verify, url, paths, data, app, sync } = await twoRevisions();
  const before = await served(url, 'a', paths);
  for (const [damage, commit] of Object.entries(damages)) {
    const { current } = await verify(false);
    const places = await objectPaths(data, 'a');
    const path = kind === 'rpm' ? places.object(sha256(packages[1]!.bytes)) : places[kind];
    await commit(path);
    const found = {
      kind: { repomd: 'document', rpm: 'package' }[kind as string] ?? kind.split(' ').at(-1)!,
      problem: damage === 'a lost file' ? 'missing' : 'damaged',
      sha256: path.slice(-65).replace('/', ''),
    };
    const looked = await verify(false);
    expect(looked, damage).toMatchObject({ intact: false, problems: [{ ...found, repair: null }] });
    expect(looked.problems).toHaveLength(1);

    const untouched = await inodes(data);
    untouched.delete(found.sha256);
    const repaired = await verify(true);
    const after = await inodes(data);
    for (const [name, inode] of untouched) expect(after.get(name), `${damage} ${name}`).toBe(inode);
    const expected = { document: 'fetched', package: 'fetched', manifest: 'synced' };
    const repair = expected[found.kind as keyof typeof expected] ?? 'cut';
    expect(repaired, damage).toMatchObject({ intact: true, problems: [{ ...found, repair }] });
    expect(repaired.current).toBe(kind === 'manifest' ? current + 1 : current);
    expect(await served(url, 'a', paths)).toEqual(before);
    await expectTidy(data);
    expect(await verify(false)).toMatchObject({ intact: true, problems: [] });
  }
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged', packagesFetched: 0 });
  const checks = await app.operations.doctor();
  expect(checks.filter((c) => c.status === 'failed')).toEqual([]);
});

it('no longer serves a package that is damaged and cannot be fetched, until it can be', async () => {
  const { verify, url, data, upstream, fresh } = await twoRevisions('sha512');
  const pkg = fresh[3]!;
  const place = (await objectPaths(data, 'a')).object(sha256(pkg.bytes));
  await truncate(place, 100);
  upstream.fault = (_, response) => !!response.writeHead(404).end();
  const report = await verify(true);
  expect(report).toMatchObject({
    intact: false,
    problems: [{ kind: 'package', path: pkg.href, repair: 'removed' }],
  });
  expect(report.problems[0]!.reason).toMatch(/404/);
  expect(await stat(place).catch(() => 'gone')).toBe('gone');
  expect((await fetch(`${url}/channels/a/${pkg.href}`)).status).not.toBe(200);

  upstream.fault = undefined;
  const answer = await fetch(`${url}/channels/a/${pkg.href}`);
  expect(pkg.bytes.equals(await answer.bytes())).toBe(true);
  // It is known by its checksum a moment after its last byte was given.
  await until(async () => (await verify(false)).intact);
});

it('finds a package of another checksum type that stands for another', async () => {
  const { verify, url, data, fresh } = await twoRevisions('sha512');
  const alias = (i: number) => {
    const sum = createHash('sha512').update(fresh[i]!.bytes).digest('hex');
    return join(data, 'aliases/sha512', sum.slice(0, 2), sum.slice(2));
  };
  await rename(alias(0), alias(1));
  const report = await verify(true);
  // The one is wrong, the other is not known by its checksum any more.
  expect(report).toMatchObject({
    intact: true,
    problems: [
      { kind: 'package', problem: 'damaged', path: fresh[1]!.href, repair: 'fetched' },
      { kind: 'package', problem: 'missing', path: fresh[0]!.href, repair: 'fetched' },
    ],
  });
  for (const pkg of fresh) {
    const answer = await fetch(`${url}/channels/a/${pkg.href}`);
    expect(pkg.bytes.equals(await answer.bytes()), pkg.name).toBe(true);
  }
});

it('makes a new revision where upstream has moved on and a document is lost', async () => {
  const { verify, url, data, upstream, documents } = await twoRevisions();
  const { document } = await objectPaths(data, 'a');
  await damages['a flipped bit'](document);
  const hrefs = await writeRepository(upstream.folder, { packages, time: 1_700_000_200 });
  upstream.fault = (request, response) =>
    request.url!.includes(documents.primary) && !!response.writeHead(404).end();
  expect(await verify(true)).toMatchObject({
    revision: 2,
    current: 3,
    intact: true,
    problems: [{ kind: 'document', problem: 'damaged', repair: 'synced' }],
  });
  const repomd = await fetch(`${url}/channels/a/repodata/repomd.xml`).then((r) => r.text());
  expect(repomd).toContain(hrefs.primary);
});

it('says why it could not repair, and goes on serving what is good', async () => {
  const { verify, url, data, upstream, paths } = await twoRevisions();
  const places = await objectPaths(data, 'a');
  const before = await served(url, 'a', paths);
  await damages['a lost end'](places.document);
  await damages['a flipped bit'](places['old pack']);
  await upstream.close();
  const report = await verify(true);
  expect(report.intact).toBe(false);
  expect(report.problems).toMatchObject([
    { kind: 'document', repair: 'removed', reason: expect.stringContaining('127.0.0.1') },
    // Nothing to cut it from.
    { kind: 'pack', path: 'primary' },
  ]);
  const after = await served(url, 'a', paths);
  const lost = Object.keys(before).filter((path) => after[path] !== before[path]);
  expect(lost).toEqual([paths.find((p) => p.includes('primary'))]);
});

it('keeps a damaged manifest until a sync made another', async () => {
  const { verify, url, data, upstream, paths } = await twoRevisions();
  const { manifest } = await objectPaths(data, 'a');
  const before = await served(url, 'a', paths);
  const { size } = await stat(manifest);
  // At its end, in what the signature check said.
  const bytes = await readFile(manifest);
  bytes.write('x', bytes.lastIndexOf('unsigned'));
  await writeFile(manifest, bytes);
  upstream.fault = (_, response) => !!response.writeHead(404).end();
  expect(await verify(true)).toMatchObject({
    current: 2,
    intact: false,
    problems: [{ kind: 'manifest', problem: 'damaged', repair: null }],
  });
  expect((await stat(manifest)).size).toBe(size);
  expect(await served(url, 'a', paths)).toEqual(before);

  upstream.fault = undefined;
  expect(await verify(true)).toMatchObject({
    current: 3,
    intact: true,
    problems: [{ kind: 'manifest', problem: 'damaged', repair: 'synced' }],
  });
  expect(await served(url, 'a', paths)).toEqual(before);
  await expectTidy(data);
});

it('works with a running server and without, and tells in its exit code', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const place = await createPlace(`sources: [{ label: a, upstream: "${upstream.url}" }]`);
  await place.run('sync', 'a');
  const { document } = await objectPaths(join(place.folder, 'data'), 'a');
  const good = await readFile(document);
  await damages['a flipped bit'](document);
  const looked = await place.run('source', 'verify', 'a', '--no-repair');
  expect(looked.code).toBe(1);
  expect(looked.stdout).toMatch(/^a: revision 1: 1 broken, nothing was changed: --no-repair/);
  expect(looked.stdout).toMatch(/^ {2}document repodata\/\w+-primary.xml.gz is damaged$/m);
  expect(looked.stderr).toContain('a: reading what is stored');

  await place.serve();
  const repaired = await place.run('source', 'verify', 'a');
  expect(repaired.code).toBe(0);
  expect(repaired.stdout).toMatch(/1 broken, all repaired .*\n.*damaged: fetched again$/m);
  expect(good.equals(await readFile(document))).toBe(true);
  const again = await place.run('source', 'verify', 'a');
  expect(again.stdout).toMatch(/^a: revision 1 is intact \(/);
});
