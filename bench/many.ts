/**
 * npm run bench:many -- REPOSITORY...
 *
 * Mirrors each repository into one data folder, one after the other, as one running server with that many sources: prints the
 * server's memory (peak so far, from /proc), the size of the catalogue and how long the sync took after each, and at last how
 * long a server on that folder takes from its start to its first answer, three times.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { serveFolder } from '../test/support/folder-server.ts';
import { projectRoot } from '../test/support/tools.ts';
import { measure } from './measure.ts';

const repositories = process.argv.slice(2).map((folder) => resolve(folder));
const work = await mkdtemp(join(tmpdir(), 'headwater-bench-'));
const env = { ...process.env, HEADWATER_DATA: join(work, 'data'), HEADWATER_LISTEN: '127.0.0.1:0' };
const headwater = join(projectRoot, 'bin/headwater');

try {
  const { server, url } = await start();
  console.log('| sources | sync s | peak memory MB | catalogue MB |');
  console.log('|---:|---:|---:|---:|');
  for (const [i, repository] of repositories.entries()) {
    const upstream = await serveFolder(repository);
    await measure([headwater, 'source', 'add', `source-${i}`, '--upstream', upstream.url], { env });
    const { seconds } = await measure([headwater, 'sync', `source-${i}`], { env });
    const answer = await fetch(`${url}/channels/source-${i}/repodata/repomd.xml`);
    if (!answer.ok) throw new Error(`source-${i} is not served`);
    console.log(
      `| ${i + 1} | ${seconds.toFixed(1)} | ${await peakMemory(server)} | ${await catalogueSize()} |`,
    );
    await upstream.close();
  }
  await stop(server);
  for (let run = 0; run < 3; run++) {
    const started = performance.now();
    const again = await start();
    const answer = await fetch(`${again.url}/channels/source-0/repodata/repomd.xml`);
    await answer.arrayBuffer();
    const took = performance.now() - started;
    console.log(
      `start-up to the first answer: ${(took / 1000).toFixed(2)} s, ${await peakMemory(again.server)} MB`,
    );
    await stop(again.server);
  }
} finally {
  await rm(work, { recursive: true, force: true });
}

async function start(): Promise<{ server: ChildProcess; url: string }> {
  const server = spawn(headwater, ['serve'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url) return { server, url };
  }
  throw new Error('the server ended before it listened');
}

async function stop(server: ChildProcess): Promise<void> {
  server.kill();
  await once(server, 'exit');
}

/** Peak resident memory of a process in megabytes. */
async function peakMemory({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1');
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1000);
}

async function catalogueSize(): Promise<number> {
  const { size } = await stat(join(env.HEADWATER_DATA, 'catalogue.sqlite'));
  return Math.round(size / 1e6);
}
