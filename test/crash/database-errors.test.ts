import { execFileSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { dataPaths } from '../../src/store/paths.ts';
import { invented, startRepository, writeRepository } from '../mirror/repository.ts';
import { served } from '../mirror/served.ts';
import { startFaulty } from './faulty-server.ts';

/** Lets a process write no file beyond so many bytes. */
const limitFiles = (pid: number, bytes: number | 'unlimited') =>
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]);

it.each([
  ['the state', (sizes: { state: number }) => sizes.state],
  ['the catalogue', (sizes: { catalogue: number }) => sizes.catalogue + 200_000],
])('keeps what it served where %s cannot be written', async (_, limitOf) => {
  const { upstream } = await startRepository({ packages: [invented('brook')] });
  const server = await startFaulty(upstream.url);
  expect(await server.sync()).toMatchObject({ outcome: 'updated' });
  const before = await served(server.url, 'a', ['repodata/repomd.xml']);
  const many = Array.from({ length: 1500 }, (_, i) => invented(`weir${i}`, '1', 40));
  await writeRepository(upstream.folder, { packages: many, time: 1_700_000_100 });

  const paths = dataPaths(server.data);
  const size = async (path: string) => (await stat(`${path}-wal`)).size;
  const sizes = { state: await size(paths.state), catalogue: await size(paths.catalogue) };
  limitFiles(server.process.pid!, limitOf(sizes));
  expect(await server.sync()).toMatchObject({
    outcome: 'failed',
    kind: 'disk',
    reason: expect.stringMatching(
      /the disk failed while syncing a \(SQLITE_IOERR\w*\): check the disk/,
    ),
  });
  expect(await served(server.url, 'a', ['repodata/repomd.xml'])).toEqual(before);

  limitFiles(server.process.pid!, 'unlimited');
  expect(await server.sync()).toMatchObject({ outcome: 'updated', packages: 1500 });
  expect((await server.operations.doctor()).filter((c) => c.status !== 'ok')).toEqual([]);
  const { history } = await server.operations.showSource('a');
  expect(history.map((r) => r.outcome)).not.toContain('running');
});
