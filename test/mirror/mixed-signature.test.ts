import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createMessage, generateKey, readPrivateKey, sign } from 'openpgp';
import { expect, it } from 'vitest';
import { startApp, temporaryFolder } from '../support/app.ts';
import { startUpstream, type TestUpstream } from '../support/upstream.ts';
import { invented, writeRepository } from './repository.ts';
import { expectTidy, served } from './served.ts';

const repomd = 'repodata/repomd.xml';
const asc = `${repomd}.asc`;

/** An upstream with a first revision, and a second one, both signed; a source that requires it. */
async function published(more: (folder: string) => Promise<string[]> = async () => []) {
  const { privateKey, publicKey } = await generateKey({ type: 'ecc', userIDs: [{ name: 'V' }] });
  const signingKeys = await readPrivateKey({ armoredKey: privateKey });
  const folder = await temporaryFolder();
  const revisions = [join(folder, 'old'), join(folder, 'new')] as const;
  for (const [i, at] of revisions.entries()) {
    await mkdir(at);
    const packages = [invented('brook', String(i + 1))];
    await writeRepository(at, { only: ['primary'], packages, time: 1_700_000_000 + i });
    const message = await createMessage({ binary: await readFile(join(at, repomd)) });
    await writeFile(join(at, asc), await sign({ message, signingKeys, detached: true }));
  }
  const upstream = await startUpstream(revisions[0]);
  const test = await startApp([
    {
      label: 'a',
      upstream: [upstream.url, ...(await more(revisions[1]))],
      gpg_keys: [publicKey],
      verify: { repomd: 'required' },
    },
  ]);
  expect(await test.sync('a')).toMatchObject({ outcome: 'updated', revision: 1 });
  upstream.requests.length = 0;
  upstream.folder = revisions[1];
  return { ...test, upstream, old: revisions[0] };
}

it('fetches repomd.xml and its signature again where a cache still has the old signature', async () => {
  const { upstream, old, sync, config, app } = await published();
  const stale = await readFile(join(old, asc));
  let asked = 0;
  upstream.fault = (request, response) =>
    request.url!.endsWith('.asc') && asked++ < 2 && !!response.end(stale);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 2, warnings: [] });
  expect(upstream.requests.filter((r) => r.endsWith('/repomd.xml'))).toHaveLength(3);
  expect(asked).toBe(3);
  expect((await app.operations.showSource('a')).trust).toMatchObject({ result: 'verified' });
  await expectTidy(config.data);
});

it('takes an old repomd.xml out of a cache for no news, and the new one the next time', async () => {
  const { upstream, old, sync } = await published();
  await copyFile(join(old, repomd), join(upstream.folder, 'stale'));
  let asked = 0;
  upstream.fault = async (request, response) =>
    request.url!.endsWith('/repomd.xml') &&
    asked++ < 1 &&
    !!response.end(await readFile(join(upstream.folder, 'stale')));
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged' });
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 2 });
});

it('keeps the old revision where the two never agree, and says which of them disagreed', async () => {
  const { upstream, old, sync, url, config } = await published();
  const before = await served(url, 'a', [repomd, asc]);
  const stale = await readFile(join(old, asc));
  upstream.fault = (request, response) => request.url!.endsWith('.asc') && !!response.end(stale);
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'untrusted' });
  expect(result.reason).toMatch(
    /^source a: the signature of repomd\.xml is wrong \(it was made by key [0-9a-f]{16} at 20[^ ]+Z, of other bytes\) \(tried 4 times from the start\): the upstream may be in the middle of a publish/,
  );
  expect(upstream.requests.filter((r) => r.endsWith('.asc'))).toHaveLength(4);
  expect(await served(url, 'a', [repomd, asc])).toEqual(before);
  await expectTidy(config.data);
});

it('goes to the next mirror where the two disagree at one', async () => {
  const other: TestUpstream[] = [];
  const { upstream, old, sync } = await published(async (folder) => {
    other.push(await startUpstream(folder));
    return [other[0]!.url];
  });
  const stale = await readFile(join(old, asc));
  upstream.fault = (request, response) => request.url!.endsWith('.asc') && !!response.end(stale);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 2 });
  expect(upstream.requests.filter((r) => r.endsWith('.asc'))).toHaveLength(1);
  expect(other[0]!.requests).toContain(`/${asc}`);
});
