import { hash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { SourceDefinition } from '../../../src/base/source.ts';
import { dataPaths } from '../../../src/store/paths.ts';
import { startApp, temporaryFolder } from '../../support/app.ts';
import { buildRpm } from '../../support/rpm-repository.ts';
import { createGpg, type GpgKey, makeKey, signRpm } from '../../support/rpm-signing.ts';
import { takeApart } from '../../support/rpm-surgery.ts';
import { hasRpmSigning } from '../../support/tools.ts';
import { type InventedPackage, startRepository } from '../repository.ts';
import { expectTidy, objectsIn } from '../served.ts';

const kinds = ['good', 'unsigned', 'strange', 'altered'] as const;
type Kind = (typeof kinds)[number];

/** rpms of every kind, the vendor's key, and a repository that announces them all with their right digests. */
async function repositoryOf(...wanted: Kind[]) {
  const folder = await temporaryFolder();
  const gpg = await createGpg();
  const [vendor, stranger] = [await makeKey(gpg), await makeKey(gpg)];
  const packages: InventedPackage[] = [];
  for (const kind of wanted) {
    await buildRpm(join(folder, 'built'), kind, '1.0');
    const href = `Packages/${kind}-1.0-1.noarch.rpm`;
    const path = join(folder, 'built', href);
    if (kind !== 'unsigned') await signRpm(gpg, path, kind === 'strange' ? stranger : vendor);
    const bytes = await readFile(path);
    if (kind === 'altered') bytes[bytes.length - 1]! ^= 1;
    packages.push({ name: kind, version: '1.0', bytes, href });
  }
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const source = (label: string, more: Partial<SourceDefinition> = {}): SourceDefinition => ({
    label,
    upstream: upstream.url,
    gpg_keys: [vendor.armored],
    verify: { packages: 'signature' },
    ...more,
  });
  return { upstream, packages, vendor, stranger, source };
}

const held = async (data: string, { bytes }: InventedPackage) =>
  [...(await objectsIn(data)).values()].some((object) => object.equals(bytes));

const refusals: Record<Kind, RegExp | undefined> = {
  good: undefined,
  unsigned: /unsigned-1\.0-1\.noarch\.rpm is refused: it is not signed/,
  strange:
    /strange-1\.0-1\.noarch\.rpm is refused: its signature cannot be trusted: it is by key [0-9a-f]{16}, which is none of gpg_keys/,
  altered: /altered-1\.0-1\.noarch\.rpm is refused: its payload differs from its sha256 digest/,
};

it.skipIf(!hasRpmSigning)(
  'on demand, neither stores nor serves an rpm whose signature is not good',
  async () => {
    const { packages, source } = await repositoryOf(...kinds);
    const { url, sync, config, logged } = await startApp([source('a')]);
    expect(await sync('a')).toMatchObject({ outcome: 'updated' });
    for (const pkg of packages) {
      const sentence = refusals[pkg.name as Kind];
      const answer = fetch(`${url}/channels/a/${pkg.href}`);
      if (!sentence) {
        expect(pkg.bytes.equals(await (await answer).bytes())).toBe(true);
        expect((await answer).status).toBe(200);
      } else if (pkg.name === 'altered') {
        // Its header is good: what is wrong comes to light at its end, and the last bytes are never given.
        await expect(answer.then((r) => r.bytes())).rejects.toThrow();
      } else {
        expect((await answer).status).toBe(502);
        expect(await (await answer).text()).toMatch(sentence);
      }
      if (sentence) expect(JSON.stringify(logged)).toMatch(sentence);
      expect(await held(config.data, pkg), pkg.name).toBe(!sentence);
    }
    await expectTidy(config.data);
  },
);

it.skipIf(!hasRpmSigning)(
  'passes no byte on before the header is found good, and the first ones before the last has come',
  async () => {
    const { upstream, packages, source } = await repositoryOf('good');
    const { url, sync } = await startApp([source('a')]);
    await sync('a');
    const { bytes, href } = packages[0]!;
    const headerEnd = bytes.length - takeApart(bytes).payload.length;
    const steps: (() => void)[] = [];
    upstream.fault = (request, response) => {
      if (!request.url!.endsWith('.rpm')) return false;
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, headerEnd - 1));
      steps.push(() => response.write(bytes.subarray(headerEnd - 1, headerEnd)));
      steps.push(() => response.end(bytes.subarray(headerEnd)));
      return true;
    };
    const asked = once(get(`${url}/channels/a/${href}`, { agent: false }), 'response');
    await vi.waitFor(() => expect(steps).toHaveLength(2), { timeout: 20_000 });
    const early = await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 300))]);
    expect(early).toBeUndefined();
    steps[0]!();
    const [response] = (await asked) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    steps[1]!();
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    expect(bytes.equals(Buffer.concat(chunks))).toBe(true);
  },
);

it.skipIf(!hasRpmSigning)(
  'with immediate packages, sets aside those whose signature is not good, and says so',
  async () => {
    const { upstream, packages, source } = await repositoryOf(...kinds);
    const { sync, app, config } = await startApp([source('a', { packages: 'immediate' })]);
    for (const outcome of ['updated', 'unchanged']) {
      const result = await sync('a');
      expect(result).toMatchObject({ outcome, setAsideCount: 3 });
      for (const kind of ['unsigned', 'strange', 'altered'] as const) {
        expect(result.setAside.map((s) => s.reason).join('\n')).toMatch(refusals[kind]!);
      }
      expect(result.warnings.join()).toMatch(/^3 packages are refused, the first being /);
    }
    // None of them is fetched again to be refused again.
    expect(upstream.requests.filter((r) => r.endsWith('.rpm'))).toHaveLength(packages.length);
    for (const pkg of packages) expect(await held(config.data, pkg)).toBe(pkg.name === 'good');
    const { history } = await app.operations.showSource('a');
    expect(history[0]).toMatchObject({ setAsideCount: 3 });
  },
);

it.skipIf(!hasRpmSigning)(
  'looks into what another source stored unchecked, and remembers what it found',
  async () => {
    const { packages, source, stranger } = await repositoryOf('good', 'strange');
    const { url, sync, app, config } = await startApp([
      source('lenient', { packages: 'immediate', verify: {} }),
      source('strict'),
      source('immediate', { packages: 'immediate' }),
      source('friend', { gpg_keys: [stranger.armored] }),
      source('newcomer', { verify: { packages: 'signature', sha1: true } }),
    ]);
    for (const label of ['lenient', 'strict', 'friend', 'newcomer']) {
      expect(await sync(label)).toMatchObject({ outcome: 'updated', setAsideCount: 0 });
    }
    expect(await sync('immediate')).toMatchObject({ outcome: 'updated', setAsideCount: 1 });
    const statuses = async (label: string) =>
      Promise.all(
        packages.map(async (p) => (await fetch(`${url}/channels/${label}/${p.href}`)).status),
      );
    expect(await statuses('lenient')).toEqual([200, 200]);
    expect(await statuses('strict')).toEqual([200, 502]);
    expect(await statuses('friend')).toEqual([502, 200]);

    // What was found is remembered: the file is not read for it again, but it is for whom other keys count.
    const path = dataPaths(config.data).object(hash('sha256', packages[0]!.bytes));
    await writeFile(path, Buffer.alloc(packages[0]!.bytes.length));
    expect(await statuses('strict')).toEqual([200, 502]);
    expect(await statuses('newcomer')).toEqual([502, 502]);
    await writeFile(path, packages[0]!.bytes);
    // What the disk had damaged is not held against the package.
    expect(await statuses('newcomer')).toEqual([200, 502]);
    expect(await app.operations.doctor()).toEqual(
      expect.not.arrayContaining([expect.objectContaining({ status: 'failed' })]),
    );
  },
);

it.skipIf(!hasRpmSigning)('serves a refused package once its key is known', async () => {
  const { packages, source, vendor, stranger } = await repositoryOf('strange');
  const keys = await temporaryFolder();
  const file = join(keys, 'keys');
  const put = (...all: GpgKey[]) => writeFile(file, all.map((k) => k.armored).join('\n'));
  await put(vendor);
  const { url, sync } = await startApp([source('a', { gpg_keys: [file] })]);
  await sync('a');
  const status = async () => (await fetch(`${url}/channels/a/${packages[0]!.href}`)).status;
  expect(await status()).toBe(502);
  await put(vendor, stranger);
  expect(await sync('a')).toMatchObject({ outcome: 'updated' });
  expect(await status()).toBe(200);
  await put(vendor);
  await sync('a');
  expect(await status()).toBe(502);
});

it('fails a sync for a package with another digest, but not where packages need not be right', async () => {
  const { upstream } = await startRepository({
    only: ['primary'],
    packages: [{ name: 'brook', version: '1', bytes: Buffer.alloc(3000), href: 'brook.rpm' }],
  });
  await writeFile(join(upstream.folder, 'brook.rpm'), 'other bytes');
  const source = (label: string, packages: 'off' | 'digest'): SourceDefinition => ({
    label,
    upstream: upstream.url,
    packages: 'immediate',
    verify: { packages },
  });
  const { sync, url, config } = await startApp([source('digest', 'digest'), source('off', 'off')]);
  expect(await sync('digest')).toMatchObject({ outcome: 'failed', kind: 'checksum' });
  const off = await sync('off');
  expect(off).toMatchObject({ outcome: 'updated' });
  expect(off.warnings.join()).toContain('1 packages could not be fetched');
  await expect(fetch(`${url}/channels/off/brook.rpm`).then((r) => r.bytes())).rejects.toThrow();
  await expectTidy(config.data);
});

it.skipIf(!hasRpmSigning)(
  'an rpm that is listed as a document or as a file of the installation tree is judged all the same',
  async () => {
    for (const installation_tree of [false, true]) {
      const { packages, upstream, source } = await repositoryOf('good', 'unsigned');
      const listed = packages.map(({ bytes, href }) => ({ href, sha: hash('sha256', bytes) }));
      const treeinfo = listed.map(({ href, sha }) => `${href} = sha256:${sha}`).join('\n');
      const data = listed.map(
        ({ href, sha }, i) =>
          `<data type="extra${i}"><checksum type="sha256">${sha}</checksum><location href="${href}"/></data>`,
      );
      const path = join(upstream.folder, 'repodata/repomd.xml');
      const repomd = await readFile(path, 'utf8');
      if (!installation_tree)
        await writeFile(path, repomd.replace('</repomd>', `${data}</repomd>`));
      else
        await writeFile(
          join(upstream.folder, '.treeinfo'),
          `[general]\nfamily = x\n[checksums]\n${treeinfo}\n`,
        );
      const { url, sync } = await startApp([source('a', { installation_tree })]);
      expect(await sync('a')).toMatchObject({ outcome: 'updated' });
      const [good, unsigned] = await Promise.all(
        listed.map(({ href }) => fetch(`${url}/channels/a/${href}`)),
      );
      expect([good!.status, unsigned!.status]).toEqual([200, 502]);
      expect(await unsigned!.text()).toMatch(refusals.unsigned!);
    }
  },
);
