/**
 * npm run bench:many -- REPOSITORY...
 *
 * Mirrors each repository into one data folder, one after the other, as one running server with that many sources: prints the
 * server's memory (peak so far, from /proc), the size of the catalogue and how long the sync took after each, and at last how
 * long a server on that folder takes from its start to its first answer, three times.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { serveFolder } from '../test/support/folder-server.ts';
import { measure } from './measure.ts';
import { headwater, startServer } from './server.ts';

const repositories = process.argv.slice(2).map((folder) => resolve(folder));
const work = await mkdtemp(join(tmpdir(), 'headwater-bench-'));
const env = { ...process.env, HEADWATER_DATA: join(work, 'data'), HEADWATER_LISTEN: '127.0.0.1:0' };

try {
  const server = await startServer(env);
  const { url } = server;
  console.log('| sources | sync s | peak memory MB | catalogue MB |');
  console.log('|---:|---:|---:|---:|');
  for (const [i, repository] of repositories.entries()) {
    const upstream = await serveFolder(repository);
    await measure([headwater, 'source', 'add', `source-${i}`, '--upstream', upstream.url], { env });
    const { seconds } = await measure([headwater, 'sync', `source-${i}`], { env });
    const answer = await fetch(`${url}/channels/source-${i}/repodata/repomd.xml`);
    if (!answer.ok) throw new Error(`source-${i} is not served`);
    console.log(
      `| ${i + 1} | ${seconds.toFixed(1)} | ${await server.peak()} | ${await catalogueSize()} |`,
    );
    await upstream.close();
  }
  await server.stop();
  for (let run = 0; run < 3; run++) {
    const started = performance.now();
    const again = await startServer(env);
    const answer = await fetch(`${again.url}/channels/source-0/repodata/repomd.xml`);
    await answer.arrayBuffer();
    const took = performance.now() - started;
    console.log(
      `start-up to the first answer: ${(took / 1000).toFixed(2)} s, ${await again.peak()} MB`,
    );
    await again.stop();
  }
} finally {
  await rm(work, { recursive: true, force: true });
}

async function catalogueSize(): Promise<number> {
  const { size } = await stat(join(env.HEADWATER_DATA, 'catalogue.sqlite'));
  return Math.round(size / 1e6);
}
