/**
 * npm run soak -- [--minutes 10] [--seed N] [--packages 2000]
 *
 * A server whose upstream publishes every second, with clients that read all the while, is killed at random moments and
 * started again, and left alone now and then, while memory and open files are watched. Ends with 1 if a client was given
 * bytes that are not what repomd.xml says, an old revision came back, `doctor` found something, a file was left half-written,
 * or the server ended by itself. Prints the seed, and what it saw. Needs Linux.
 */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { serveFolder } from '../test/support/folder-server.ts';
import { randomFrom } from '../test/support/random.ts';
import { runClient, type Seen } from './clients.ts';
import { publish } from './repository.ts';
import { type SoakServer, startServer } from './server.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
    packages: { type: 'string', default: '2000' },
  },
});
const random = randomFrom(Number(values.seed));
const until = Date.now() + Number(values.minutes) * 60_000;
const work = await mkdtemp(join(tmpdir(), 'headwater-soak-'));
const [repository, data, tmp] = ['repository', 'data', 'tmp'].map((name) => join(work, name)) as [
  string,
  string,
  string,
];
const config = join(work, 'headwater.yaml');
const seen: Seen = { requests: 0, notModified: 0, ranges: 0, brokenOff: 0, findings: [] };
const stop = new AbortController();
const count = { published: 0, kills: 0, syncs: 0 };
const peak = { megabytes: 0, files: 0 };
let server: SoakServer | undefined;
let lastRevision = 0;

console.log(`seed ${values.seed}, ${values.minutes} minutes, ${values.packages} packages`);
await mkdir(tmp);
await publish(repository, { packages: Number(values.packages), round: count.published++ });
const upstream = await serveFolder(repository);
const source = {
  label: 'soak',
  upstream: upstream.url,
  packages: 'immediate',
  sync: { every: '1s' },
};
await writeFile(
  config,
  JSON.stringify({
    listen: '127.0.0.1:0',
    min_free: '1MB',
    channels: { grace: '5m' },
    sources: [source],
  }),
);
try {
  const clients = [1, 2, 3, 4].map((n) =>
    runClient(() => server?.url, randomFrom(Number(values.seed) + n), {
      seen,
      signal: stop.signal,
    }),
  );
  const publisher = publishOn();
  while (Date.now() < until && seen.findings.length === 0) await live();
  stop.abort();
  await Promise.all([...clients, publisher]);
  await settle();
} finally {
  stop.abort();
  await server?.kill().catch(() => {});
  await upstream.close();
  await rm(work, { recursive: true, force: true });
}
console.log(JSON.stringify({ ...count, peak, ...seen, findings: seen.findings.length }));
for (const finding of seen.findings) console.log(`FOUND ${finding}`);
process.exitCode = seen.findings.length > 0 || count.kills === 0 ? 1 : 0;

/** One life of the server: from its start to its kill, which comes soon, or late in one life of ten. */
async function live(): Promise<void> {
  server = await startServer(config, data, tmp);
  const patience = sleep(60_000, undefined, { ref: false });
  await Promise.race([examine(server), patience.then(() => find('a command got no answer'))]);
  const life = random() < 0.1 ? 15_000 : 200 + random() * 2500;
  for (const end = Math.min(Date.now() + life, until); Date.now() < end; await sleep(100)) {
    if (server.ended()) break;
    const { megabytes, files } = server.usage();
    peak.megabytes = Math.max(peak.megabytes, Math.round(megabytes));
    peak.files = Math.max(peak.files, files);
    if (megabytes > 1000) find(`${megabytes} MB of memory`);
    if (files > 500) find(`${files} open files`);
  }
  const ended = server.ended();
  if (ended) find(`the server ended by itself (${ended})`);
  for (const line of server.errors) find(`the server logged ${line}`);
  if (!ended) await server.kill();
  server = undefined;
  count.kills++;
}

/** Looks a server over that was just started: what it serves, what is left, what `doctor` says. */
async function examine({ operations }: SoakServer): Promise<void> {
  const [summary] = await operations.listSources();
  const revision = summary?.revision ?? 0;
  if (revision < lastRevision) find(`revision ${revision} after revision ${lastRevision}`);
  lastRevision = revision;
  for (const check of await operations.doctor())
    if (check.status === 'failed') find(`doctor: ${check.name}: ${check.detail}`);
  const sockets = (await readdir(tmp)).filter((name) => name.startsWith('headwater-'));
  if (sockets.length !== 1) find(`${sockets.length} folders for sockets`);
  const { history } = await operations.showSource('soak').catch(() => ({ history: [] }));
  for (const { outcome, reason } of history) {
    if (outcome === 'failed') find(`a sync failed: ${reason}`);
  }
}

/** Once nothing changes any more: the server has what upstream has, and nothing else is left. */
async function settle(): Promise<void> {
  server = await startServer(config, data, tmp);
  const [result] = await server.operations.sync({ labels: ['soak'] }, () => {});
  count.syncs = (await server.operations.showSource('soak')).history[0]?.id ?? 0;
  if (result?.outcome === 'failed') find(`the last sync failed: ${result.reason}`);
  const [ours, theirs] = await Promise.all(
    [`${server.url}/channels/soak/`, upstream.url].map(async (base) =>
      (await fetch(`${base}repodata/repomd.xml`)).text(),
    ),
  );
  if (ours !== theirs) find('the last revision is not what upstream has');
  await examine(server);
  const left = await readdir(join(data, 'tmp'));
  if (left.length > 0) find(`${left.length} files half-written`);
}

async function publishOn(): Promise<void> {
  while (!stop.signal.aborted) {
    await publish(repository, { packages: Number(values.packages), round: count.published++ });
    await sleep(1000);
  }
}

function find(sentence: string): void {
  seen.findings.push(sentence);
}
