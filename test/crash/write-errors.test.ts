import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { invented, startRepository, writeRepository } from '../mirror/repository.ts';
import { expectTidy } from '../mirror/served.ts';
import type { TestUpstream } from '../support/upstream.ts';
import type { DiskFault } from './fail-disk.ts';
import { type FaultyServer, startFaulty } from './faulty-server.ts';

let time = 1_700_000_000;

/** Publishes a repository of which nothing is held yet. */
async function publish(upstream: TestUpstream): Promise<void> {
  time += 100;
  const packages = [invented(`brook${time}`), invented(`weir${time}`)];
  await writeRepository(upstream.folder, { packages, time, advisories: [`ELSA-${time}`] });
}

async function startServer(): Promise<{ upstream: TestUpstream; server: FaultyServer }> {
  const { upstream } = await startRepository({ packages: [], time });
  const server = await startFaulty(upstream.url);
  expect(await server.sync()).toMatchObject({ outcome: 'updated' });
  return { upstream, server };
}

const repomd = async (server: FaultyServer) => {
  const answer = await fetch(`${server.url}/channels/a/repodata/repomd.xml`);
  return `${answer.status} ${await answer.text()}`;
};
const upstreamRepomd = async ({ folder }: TestUpstream) =>
  `200 ${await readFile(join(folder, 'repodata/repomd.xml'), 'utf8')}`;

/** Fails unless the server does everything as it should, now that nothing fails. */
async function expectRecovered(server: FaultyServer, upstream: TestUpstream): Promise<void> {
  await server.setFault(undefined);
  expect(await server.sync()).toMatchObject({
    outcome: expect.stringMatching(/updated|unchanged/),
  });
  expect(await repomd(server)).toBe(await upstreamRepomd(upstream));
  expect((await server.operations.doctor()).filter((c) => c.status !== 'ok')).toEqual([]);
  expect(server.process.exitCode).toBeNull();
}

const codes = ['EIO', 'ENOSPC', 'EROFS', 'EACCES', 'EDQUOT'] as const;
const kinds: Record<(typeof codes)[number], string> = {
  EIO: 'disk',
  ENOSPC: 'no_space',
  EROFS: 'disk',
  EACCES: 'disk',
  EDQUOT: 'no_space',
};

it.each(['write', 'sync', 'rename', 'mkdir', 'open'] as const)(
  'survives an error of %s at any place in a sync',
  { timeout: 120_000 },
  async (op: DiskFault['op']) => {
    const { upstream, server } = await startServer();
    let hits = 0;
    // Further and further apart, until the sync has no more of them.
    for (let nth = 1, round = 0; ; nth += 1 + Math.floor(nth / 4), round++) {
      const code = codes[round % codes.length]!;
      const before = await repomd(server);
      await publish(upstream);
      await server.setFault({ op, nth, code });
      const result = await server.sync();
      if (!server.wasHit()) {
        expect(result).toMatchObject({ outcome: 'updated' });
        break;
      }
      hits++;
      const about = { op, nth, code };
      expect({ ...about, ...result }).toMatchObject({
        ...about,
        outcome: 'failed',
        kind: kinds[code],
        reason: expect.stringMatching(/^source a: .*: .*what was served before is still served$/),
      });
      expect([before, await upstreamRepomd(upstream)]).toContain(await repomd(server));
      expect(await readdir(join(server.data, 'tmp'))).toEqual([]);
      await expectRecovered(server, upstream);
    }
    expect(hits).toBeGreaterThan(3);
    expect(server.errors()).toEqual([]);
    await expectTidy(server.data);
  },
);

it('writes everything where the system takes a few bytes at a time', async () => {
  const { upstream, server } = await startServer();
  await publish(upstream);
  await server.setFault({ op: 'short', nth: 0, code: '' });
  expect(await server.sync()).toMatchObject({ outcome: 'updated', packages: 2 });
  await expectRecovered(server, upstream);
  await expectTidy(server.data);
});

it('goes on with a new thread where that of the catalogue ended', async () => {
  const { upstream, server } = await startServer();
  const before = await repomd(server);
  await publish(upstream);
  await server.setFault({ op: 'thread', nth: 1, code: '' });
  expect(await server.sync()).toMatchObject({ outcome: 'failed', kind: 'internal' });
  expect(await repomd(server)).toBe(before);
  await expectRecovered(server, upstream);
  const { packages } = (await server.operations.listSources())[0]!;
  expect(packages).toBe(2);
});
