import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { startApp } from '../support/app.ts';
import { invented, startRepository, writeRepository } from './repository.ts';
import { expectTidy, served } from './served.ts';

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');
const image = (name: string, size = 200_000) =>
  Buffer.alloc(size, createHash('sha512').update(name).digest());

/** Writes an installation tree beside a repository, as a compose makes it. Gives what its .treeinfo says of each file. */
async function writeTree(folder: string, files: Record<string, Buffer>, more = '') {
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  const sums = Object.entries(files).map(([path, bytes]) => `${path} = sha256:${sha256(bytes)}\n`);
  const text = `[header]
type = productmd.treeinfo
version = 1.2

[checksums]
${sums.join('')}repodata/repomd.xml = sha256:${'0'.repeat(64)}

[general]
arch = x86_64
family = Test Linux
packagedir = Packages
repository = .
version = 8.0

[images-x86_64]
boot.iso = images/boot.iso
initrd = images/pxeboot/initrd.img
kernel = images/pxeboot/vmlinuz

[stage2]
mainimage = images/install.img

[variant-BaseOS]
packages = Packages
repository = .
${more}`;
  await writeFile(join(folder, '.treeinfo'), text);
  return text;
}

const first = {
  'images/boot.iso': image('boot', 900_000),
  'images/install.img': image('install'),
  'images/pxeboot/initrd.img': image('initrd'),
  'images/pxeboot/vmlinuz': image('vmlinuz'),
  EULA: Buffer.from('none\n'),
};
const paths = ['.treeinfo', ...Object.keys(first)];

async function mirrored() {
  const { upstream } = await startRepository({ only: ['primary'], packages: [invented('brook')] });
  const treeinfo = await writeTree(upstream.folder, first);
  const source = { label: 'a', upstream: upstream.url, installation_tree: true };
  const test = await startApp([source, { label: 'plain', upstream: upstream.url }]);
  const result = await test.sync('a');
  const expected = (files: Record<string, Buffer | string>) =>
    Object.fromEntries(Object.entries(files).map(([p, bytes]) => [p, `200 ${sha256(bytes)}`]));
  return { ...test, upstream, treeinfo, result, expected };
}

it('mirrors the files that .treeinfo lists, and serves them at their paths', async () => {
  const { upstream, url, sync, treeinfo, result, expected, app, config } = await mirrored();
  expect(result).toMatchObject({ outcome: 'updated', warnings: [] });
  upstream.fault = (request, response) =>
    paths.includes(request.url!.slice(1)) && !!response.writeHead(404).end();
  expect(await served(url, 'a', paths)).toEqual(expected({ '.treeinfo': treeinfo, ...first }));
  await expectTidy(config.data);
  const part = await fetch(`${url}/channels/a/images/boot.iso`, {
    headers: { range: 'bytes=10-19' },
  });
  expect(part.status).toBe(206);
  expect(
    Buffer.from(await part.arrayBuffer()).equals(first['images/boot.iso'].subarray(10, 20)),
  ).toBe(true);
  const { documents, policy } = await app.operations.showSource('a');
  expect(policy?.installationTree).toBe(true);
  expect(documents.filter((d) => d.type === 'tree')).toHaveLength(5);
  expect(await app.operations.verifySource('a', { repair: false }, () => {})).toMatchObject({
    intact: true,
  });
  // Who does not ask for it does not get it.
  await sync('plain');
  expect((await fetch(`${url}/channels/plain/images/boot.iso`)).status).toBe(404);
});

it('asks for .treeinfo only, where nothing changed', async () => {
  const { upstream, sync } = await mirrored();
  upstream.requests.length = 0;
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged', revision: 1, warnings: [] });
  expect(upstream.requests.sort()).toEqual(['/.treeinfo', '/repodata/repomd.xml']);
});

it('makes a new revision of a new .treeinfo, although repomd.xml did not change, and fetches what is new', async () => {
  const { upstream, sync, url, expected } = await mirrored();
  const { EULA: _, ...rest } = first;
  const second = { ...rest, 'images/boot.iso': image('another', 100_000), GPL: Buffer.from('x') };
  const treeinfo = await writeTree(upstream.folder, second);
  upstream.requests.length = 0;
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 2, packagesAdded: 0 });
  expect(upstream.requests.filter((r) => !r.includes('repodata')).sort()).toEqual(
    ['/.treeinfo', '/GPL', '/images/boot.iso'].sort(),
  );
  expect(await served(url, 'a', ['.treeinfo', ...Object.keys(second)])).toEqual(
    expected({ '.treeinfo': treeinfo, ...second }),
  );
  // Of the revision before, for a while.
  expect((await fetch(`${url}/channels/a/EULA`)).status).toBe(200);
});

it('keeps the tree where only the repository changed, and leaves it out where upstream has none any more', async () => {
  const { upstream, sync, url, treeinfo, expected } = await mirrored();
  await writeRepository(upstream.folder, { only: ['primary'], packages: [], time: 1_700_000_100 });
  upstream.requests.length = 0;
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 2 });
  expect(upstream.requests.filter((r) => r.includes('images'))).toEqual([]);
  expect(await served(url, 'a', paths)).toEqual(expected({ '.treeinfo': treeinfo, ...first }));

  await rm(join(upstream.folder, '.treeinfo'));
  const without = await sync('a');
  expect(without).toMatchObject({ outcome: 'updated', revision: 3 });
  expect(without.warnings).toEqual(['upstream has no .treeinfo: no installation tree']);
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged', revision: 3 });
});

it('serves the old tree where a file is not what .treeinfo says, and takes the new one whole later', async () => {
  const { upstream, sync, url, treeinfo, expected, config } = await mirrored();
  const second = { ...first, 'images/install.img': image('newer') };
  const next = await writeTree(upstream.folder, second);
  await writeFile(join(upstream.folder, 'images/install.img'), image('still another'));
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'checksum' });
  expect(result.reason).toContain('images/install.img');
  expect(await served(url, 'a', paths)).toEqual(expected({ '.treeinfo': treeinfo, ...first }));
  await expectTidy(config.data);
  await writeFile(join(upstream.folder, 'images/install.img'), second['images/install.img']);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 2 });
  expect(await served(url, 'a', paths)).toEqual(expected({ '.treeinfo': next, ...second }));
});

it('starts again where the tree is published in the middle of the sync', async () => {
  const { upstream, sync, url, expected } = await mirrored();
  const second = { ...first, 'images/install.img': image('newer') };
  const third = { ...first, 'images/install.img': image('newest') };
  await writeTree(upstream.folder, second);
  let next: string | undefined;
  upstream.fault = async (request) => {
    if (request.url!.includes('install.img')) next ??= await writeTree(upstream.folder, third);
    return false;
  };
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 2 });
  expect(await served(url, 'a', paths)).toEqual(expected({ '.treeinfo': next!, ...third }));
});

it('publishes all the same where a listed file is missing, says so, and takes it once it is there', async () => {
  const { upstream, sync, url } = await mirrored();
  const second = { ...first, 'images/boot.iso': image('another', 1000) };
  await writeTree(upstream.folder, second);
  await rm(join(upstream.folder, 'images/boot.iso'));
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'updated', revision: 2 });
  expect(result.warnings).toEqual([
    expect.stringMatching(/^images\/boot\.iso is listed but missing upstream/),
  ]);
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged', revision: 2 });
  await writeFile(join(upstream.folder, 'images/boot.iso'), second['images/boot.iso']);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 3, warnings: [] });
  expect(await served(url, 'a', ['images/boot.iso'])).toEqual({
    'images/boot.iso': `200 ${sha256(second['images/boot.iso'])}`,
  });
});

it('asks for nothing outside the tree, and says what it set aside', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages: [] });
  const lines = ['../secret', '%2e%2e/secret', '/etc/passwd', 'http://127.0.0.1:1/x'];
  const more = `[stage2]\nmainimage = ../../stage2\n[images-x]\n${lines.map((l, i) => `k${i} = ${l}\n`).join('')}[variant-AppStream]\nrepository = AppStream\n`;
  await writeTree(upstream.folder, first, more);
  const { sync } = await startApp([
    { label: 'a', upstream: upstream.url, installation_tree: true },
  ]);
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'updated' });
  expect(result.warnings).toEqual([
    expect.stringMatching(/^\.treeinfo: 5 entries are set aside, the first: the path /),
    expect.stringMatching(/variants with repositories of their own.*AppStream \(AppStream\/\)/),
  ]);
  const asked = upstream.requests.filter((r) => !r.startsWith('/repodata/')).sort();
  expect(asked).toEqual(paths.map((p) => `/${p}`).sort());
});

it('refuses a .treeinfo that is none, and goes on serving', async () => {
  const { upstream, sync, url, treeinfo, expected } = await mirrored();
  await writeFile(join(upstream.folder, '.treeinfo'), '<html>a login page</html>');
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'invalid' });
  expect(result.reason).toContain(`${upstream.url}.treeinfo`);
  expect(await served(url, 'a', paths)).toEqual(expected({ '.treeinfo': treeinfo, ...first }));
});

it('fetches after an interruption only what is missing of the tree', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages: [] });
  await writeTree(upstream.folder, first);
  const { sync } = await startApp([
    { label: 'a', upstream: upstream.url, installation_tree: true },
  ]);
  upstream.fault = (request, response) =>
    request.url!.includes('EULA') && !!response.writeHead(500).end();
  expect(await sync('a')).toMatchObject({ outcome: 'failed', kind: 'refused' });
  upstream.fault = undefined;
  const had = upstream.requests.filter((r) => r === '/images/boot.iso').length;
  upstream.requests.length = 0;
  expect(await sync('a')).toMatchObject({ outcome: 'updated' });
  expect(had).toBe(1);
  expect(upstream.requests).not.toContain('/images/boot.iso');
});

it('stops where the files are larger than a tree may be', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages: [] });
  await writeTree(upstream.folder, first);
  const { sync, config } = await startApp([
    { label: 'a', upstream: upstream.url, installation_tree: true },
  ]);
  const usual = limits.installationTree;
  onTestFinished(() => {
    limits.installationTree = usual;
  });
  limits.installationTree = 1_000_000;
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'limit', revision: null });
  expect(result.reason).toMatch(/the installation tree is larger than 1\.0 MB/);
  await expectTidy(config.data);
  limits.installationTree = 2_000_000;
  expect(await sync('a')).toMatchObject({ outcome: 'updated' });
});
