import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startApp, temporaryFolder } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';
import { invented, startRepository, writeRepository } from './repository.ts';
import { expectTidy, served } from './served.ts';

/** Two revisions of a repository in folders of their own, so that the files of one are gone in the other. */
async function twoRevisions() {
  const folder = await temporaryFolder();
  const before = join(folder, 'before');
  const after = join(folder, 'after');
  await writeRepository(before, { packages: [invented('brook')], advisories: ['A-1'] });
  const documents = await writeRepository(after, {
    packages: [invented('brook'), invented('weir')],
    advisories: ['A-2'],
    time: 1_700_000_100,
  });
  return { before, after, documents };
}

it.for(['primary', 'other'])(
  'starts again when the upstream publishes before %s is fetched',
  async (type) => {
    const { before, after, documents } = await twoRevisions();
    const upstream = await startUpstream(before);
    upstream.fault = async (request) => {
      if (!request.url!.includes(`${type}.xml`)) return false;
      // Time for the other documents to be fetched.
      await sleep(200);
      upstream.folder = after;
      return false;
    };
    const { sync, url, config } = await startApp([{ label: 'a', upstream: upstream.url }]);
    const result = await sync('a');
    expect(result).toMatchObject({ outcome: 'updated', revision: 1, packages: 2, warnings: [] });
    const answers = await served(url, 'a', Object.values(documents));
    expect(Object.values(answers).every((s) => s.startsWith('200 '))).toBe(true);
    await expectTidy(config.data);
  },
);

it('starts again when a document is replaced under the same name', async () => {
  const { before, after } = await twoRevisions();
  for (const folder of [before, after]) {
    const path = join(folder, 'repodata/repomd.xml');
    const repomd = await readFile(path, 'utf8');
    const plain = repomd.replace(/"repodata\/([0-9a-f]{64}-primary)/, '"repodata/primary');
    await writeFile(path, plain);
    const real = /"repodata\/([0-9a-f]{64}-primary\.xml\.gz)/.exec(repomd)![1]!;
    await writeFile(
      join(folder, 'repodata/primary.xml.gz'),
      await readFile(join(folder, 'repodata', real)),
    );
  }
  const upstream = await startUpstream(before);
  upstream.fault = (request) => {
    if (request.url!.includes('primary')) upstream.folder = after;
    return false;
  };
  const { sync } = await startApp([{ label: 'a', upstream: upstream.url }]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 1, packages: 2 });
});

it('gives up on an upstream that never stops changing, and keeps the old revision', async () => {
  const { upstream, documents } = await startRepository({ packages: [invented('brook')] });
  const { sync, url } = await startApp([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  const old = await served(url, 'a', Object.values(documents));
  let count = 0;
  const publish = async () => {
    count++;
    const time = 1_700_000_100 + count;
    await writeRepository(upstream.folder, { packages: [invented('weir', String(count))], time });
  };
  await publish();
  upstream.fault = async (request, response) => {
    if (!request.url!.includes('primary')) return false;
    await publish();
    response.writeHead(404).end();
    return true;
  };
  expect(await sync('a')).toMatchObject({ outcome: 'failed', kind: 'refused' });
  expect(count).toBe(5);
  expect(await served(url, 'a', Object.values(documents))).toEqual(old);
});

it('reads a metalink again when it starts again', async () => {
  const { before, after } = await twoRevisions();
  const upstream = await startUpstream(before);
  upstream.fault = async (request, response) => {
    if (request.url === '/metalink') {
      const repomd = await readFile(join(upstream.folder, 'repodata/repomd.xml'));
      const sha256 = createHash('sha256').update(repomd).digest('hex');
      response.end(
        `<metalink><files><file name="repomd.xml"><verification><hash type="sha256">${sha256}</hash></verification><resources><url>${upstream.url}repodata/repomd.xml</url></resources></file></files></metalink>`,
      );
      return true;
    }
    if (request.url!.includes('primary')) upstream.folder = after;
    return false;
  };
  const { sync } = await startApp([{ label: 'a', metalink: `${upstream.url}metalink` }]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 1, packages: 2 });
});
