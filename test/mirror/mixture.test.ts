import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';
import { invented, type RepositoryOptions, writeRepository } from './repository.ts';
import { expectTidy, served } from './served.ts';

vi.mock(import('../../src/base/limits.ts'), async (original) => {
  const { limits } = await original();
  return { limits: { ...limits, restartPause: 20 } };
});

const tries = limits.restarts + 1;

/** A repository whose documents have plain names, as Oracle's had until 2019: `repodata/primary.xml.gz` and so on. */
async function plainNames(folder: string, options: Partial<RepositoryOptions> & { time: number }) {
  const documents = await writeRepository(folder, { packages: [invented('brook')], ...options });
  const path = join(folder, 'repodata/repomd.xml');
  let repomd = await readFile(path, 'utf8');
  for (const [type, href] of Object.entries(documents)) {
    repomd = repomd.replace(href, `repodata/${type}.xml.gz`);
    await rename(join(folder, href), join(folder, `repodata/${type}.xml.gz`));
  }
  await writeFile(path, repomd);
  return ['repomd.xml', ...Object.keys(documents).map((type) => `${type}.xml.gz`)].map(
    (name) => `repodata/${name}`,
  );
}

async function twoRevisions() {
  const folder = await temporaryFolder();
  const [before, after] = [join(folder, 'before'), join(folder, 'after')];
  const paths = await plainNames(before, { time: 1_700_000_000 });
  const packages = [invented('brook'), invented('weir')];
  await plainNames(after, { time: 1_700_000_100, packages, advisories: ['A-1'] });
  const upstream = await startUpstream(before);
  const { sync, url, config, app } = await startApp([{ label: 'a', upstream: upstream.url }]);
  expect(await sync('a')).toMatchObject({ revision: 1, packages: 1 });
  upstream.requests.length = 0;
  return { before, after, paths, upstream, sync, url, config, app };
}

it('waits for a cache that has the new repomd.xml but old documents, then takes the new revision', async () => {
  const { before, after, upstream, sync } = await twoRevisions();
  let asked = 0;
  upstream.fault = (request) => {
    if (request.url!.endsWith('repomd.xml')) asked++;
    const isNew = request.url!.endsWith('repomd.xml') || asked === tries;
    upstream.folder = isNew ? after : before;
    return false;
  };
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 2, packages: 2 });
  expect(asked).toBe(tries);
});

it('keeps the old revision where they never come together, and names file, digests and address', async () => {
  const { before, after, paths, upstream, sync, url, config, app } = await twoRevisions();
  const old = await served(url, 'a', paths);
  upstream.fault = (request) => {
    upstream.folder = request.url!.endsWith('repomd.xml') ? after : before;
    return false;
  };
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'checksum' });
  const digestOf = async (folder: string, path: string) =>
    createHash('sha256')
      .update(await readFile(join(folder, path)))
      .digest('hex')
      .slice(0, 16);
  const [, address, has, wanted] =
    /source a: (\S+) has sha256 (\S+)… where (\S+)… was announced \(tried 4 times from the start\): the upstream may be/.exec(
      result.reason!,
    )!;
  const path = address!.slice(upstream.url.length);
  expect(paths).toContain(path);
  expect(has).toBe(await digestOf(before, path));
  expect(wanted).toBe(await digestOf(after, path));
  expect(await served(url, 'a', paths)).toEqual(old);
  await expectTidy(config.data);
  const { history } = await app.operations.showSource('a');
  expect(history).toHaveLength(2);
  expect(history[0]).toMatchObject({ outcome: 'failed', errorKind: 'checksum' });

  upstream.fault = undefined;
  upstream.folder = after;
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 2, packages: 2 });
});

it('takes a cache that is old and new by turns for neither unchanged nor older', async () => {
  const { before, after, upstream, sync } = await twoRevisions();
  let count = 0;
  upstream.fault = (request) => {
    // New, old, old: then new for good.
    if (request.url!.endsWith('repomd.xml')) count++;
    upstream.folder = count === 1 || count > 3 ? after : before;
    if (count === 1 && request.url!.includes('primary')) upstream.folder = before;
    return false;
  };
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 2, packages: 2 });
  expect(count).toBe(4);
});

it('says so where the newer revision that it saw never comes back', async () => {
  const { before, after, paths, upstream, sync, url } = await twoRevisions();
  const old = await served(url, 'a', paths);
  let count = 0;
  upstream.fault = (request) => {
    if (request.url!.endsWith('repomd.xml')) count++;
    upstream.folder = count === 1 && request.url!.endsWith('repomd.xml') ? after : before;
    return false;
  };
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'invalid' });
  expect(result.reason).toMatch(
    /repomd\.xml is of 2023-11-14T22:13:20.*older than that of 2023-11-14T22:15:00.* which upstream gave a moment ago \(tried 4 times/,
  );
  expect(count).toBe(tries);
  expect(await served(url, 'a', paths)).toEqual(old);
});

it('waits for a document that is listed before it is there', async () => {
  const { after, upstream, sync } = await twoRevisions();
  upstream.folder = after;
  let asked = 0;
  upstream.fault = (request, response) => {
    if (!request.url!.includes('filelists') || ++asked === tries) return false;
    return !!response.writeHead(404).end();
  };
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 2, packages: 2 });
});
