/**
 * npm run bench:serving -- [REPOSITORY] [--runs N]
 *
 * One running server, the repository on an HTTP server on loopback. Measures what clients see while a cold sync of the
 * repository runs in the same process (repomd.xml of another channel, asked for every 10 ms on one connection: median, 99th
 * percentile, most, in milliseconds), how long a sync with nothing new takes inside the server and what it asks of the
 * upstream, and what a sync of the repository with 0.5% of its packages rebuilt writes. Default: the Oracle Linux 7 fixture.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { serveFolder } from '../test/support/folder-server.ts';
import { projectRoot } from '../test/support/tools.ts';
import { measure } from './measure.ts';
import { headwater, sizes, startServer } from './server.ts';
import { dayLater, writeVariant } from './variant.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '3' } },
});
const small = join(projectRoot, 'fixtures/repodata/ol7');
const repository = resolve(positionals[0] ?? small);
const work = await mkdtemp(join(tmpdir(), 'headwater-bench-'));
const changed = join(work, 'changed');
await writeVariant(repository, changed, dayLater);

console.log(
  '| run | median ms | p99 ms | most ms | nothing new ms | requests | objects before MB | written by 0.5% changed MB |',
);
console.log('|---|---:|---:|---:|---:|---:|---:|---:|');
try {
  for (let run = 1; run <= Number(values.runs); run++) console.log(await one(run));
} finally {
  await rm(work, { recursive: true, force: true });
}

async function one(run: number): Promise<string> {
  const big = await serveFolder(repository);
  const other = await serveFolder(small);
  const data = join(work, `data-${run}`);
  const env = { ...process.env, HEADWATER_DATA: data, HEADWATER_LISTEN: '127.0.0.1:0' };
  const run1 = (args: string[]) => measure([headwater, ...args], { env });
  await run1(['source', 'add', 'other', '--upstream', other.url]);
  await run1(['source', 'add', 'big', '--upstream', big.url]);
  await run1(['sync', 'other']);
  const server = await startServer(env);
  try {
    const { url } = server;
    const latencies: number[] = [];
    const asking = new AbortController();
    const asked = ask(`${url}/channels/other/repodata/repomd.xml`, asking.signal, latencies);
    await run1(['sync', 'big']);
    asking.abort();
    await asked;
    const before = await objectBytes(data);
    big.requests.length = 0;
    const nothing = await took(env);
    const requests = big.requests.length;
    big.folder = changed;
    await run1(['sync', 'big']);
    const fetched = await sizes(join(changed, 'repodata'));
    const written = (await objectBytes(data)) - before - fetched;
    latencies.sort((a, b) => a - b);
    const at = (q: number) =>
      latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))]!;
    const mb = (bytes: number) => (bytes / 1e6).toFixed(2);
    return `| ${run} (${latencies.length} requests) | ${at(0.5).toFixed(1)} | ${at(0.99).toFixed(1)} | ${at(1).toFixed(1)} | ${nothing} | ${requests} | ${mb(before)} | ${mb(written)} beside the fetched documents (${mb(fetched)}) |`;
  } finally {
    await server.stop();
    await big.close();
    await other.close();
  }
}

/**
 * Asks for an address every 10 ms until told to stop, whether or not earlier answers are there; notes how long after its
 * time each whole answer came, so that a stall counts for all who were to ask during it.
 */
async function ask(url: string, stop: AbortSignal, latencies: number[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const one = async (due: number) => {
    const [response] = await once(get(url, { agent }), 'response');
    response.resume();
    await once(response, 'end');
    latencies.push(performance.now() - due);
  };
  const asked: Promise<void>[] = [];
  for (let due = performance.now(); !stop.aborted; due += 10) {
    await sleep(Math.max(0, due - performance.now()));
    asked.push(one(due));
  }
  await Promise.all(asked);
  agent.destroy();
}

/** Milliseconds that a sync took by the server's own account. */
async function took(env: NodeJS.ProcessEnv): Promise<number> {
  const { stdout } = await measure([headwater, 'sync', 'big', '--json'], { env });
  const [result] = JSON.parse(stdout) as { outcome: string; took: number }[];
  if (result?.outcome !== 'unchanged') throw new Error(`expected nothing new: ${stdout}`);
  return result.took;
}

async function objectBytes(data: string): Promise<number> {
  return sizes(join(data, 'objects'));
}
