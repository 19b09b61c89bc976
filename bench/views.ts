/**
 * npm run bench:views -- [REPOSITORY] [--runs N] [--views N] [--part parent,cold,many,peers]
 *
 * One running server that mirrors the repository. Measures, for zstd and for gzip, how long a client waits for repomd.xml and
 * every document that it lists: of a new view that holds back 100 named packages, when it holds back one more, and after the
 * parent's sync of a repository with 0.5% of its packages rebuilt; and, with nothing encoded before, of a view of the newest
 * of five builds and of one of security advisories only; how long a snapshot takes. Then N views of one parent, each of which
 * holds back another 20 packages: the server's memory, bytes on disk, the first and a second request of each. Then
 * mergerepo_c on the same packages. Default: the Oracle Linux 7 fixture, 20 views.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readRepomd } from '../src/repodata/repomd.ts';
import { serveFolder } from '../test/support/folder-server.ts';
import { projectRoot } from '../test/support/tools.ts';
import { measure } from './measure.ts';
import { type BenchServer, headwater, sizes, startServer } from './server.ts';
import { dayLater, fiveBuilds, writeVariant } from './variant.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '3' },
    views: { type: 'string', default: '20' },
    part: { type: 'string', default: 'parent,cold,many,peers' },
  },
});
const repository = resolve(positionals[0] ?? join(projectRoot, 'fixtures/repodata/ol7'));
const work = await mkdtemp(join(tmpdir(), 'headwater-bench-'));

interface Timed {
  /** Milliseconds until repomd.xml was there, and until all documents were. */
  repomd: number;
  whole: number;
  revision: string;
}

/** Fetches a channel's documents as a client does that has none. */
async function fetchAll(url: string, label: string, headwaterOnly = true): Promise<Timed> {
  const started = performance.now();
  const base = `${url}/channels/${label}/`;
  const answer = await fetch(`${base}repodata/repomd.xml`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${label}: ${text}`);
  const repomd = performance.now() - started;
  const { data, revision } = readRepomd(text);
  const documents = headwaterOnly ? data.filter((d) => d.type === 'primary') : data;
  for (const { href } of documents) {
    const document = await fetch(base + href);
    await document.arrayBuffer();
    if (!document.ok) throw new Error(`${label}/${href}: ${document.status}`);
  }
  return { repomd, whole: performance.now() - started, revision };
}

const median = (list: number[]) => list.toSorted((a, b) => a - b)[(list.length - 1) >> 1]!;
const ms = (list: number[]) =>
  `${Math.round(median(list))} (${list.map((n) => Math.round(n)).join(', ')})`;

/** A server on a data folder of its own, and commands to it. */
async function start(name: string) {
  const data = join(work, name);
  const env = { ...process.env, HEADWATER_DATA: data, HEADWATER_LISTEN: '127.0.0.1:0' };
  const server = await startServer(env);
  const run = async (...args: string[]) =>
    (await measure([headwater, ...args], { env })).stdout.trim();
  return { data, env, server, run };
}

async function names(run: (...args: string[]) => Promise<string>): Promise<string[]> {
  void run;
  const { createReadStream } = await import('node:fs');
  const { openDocument } = await import('../src/repodata/codec.ts');
  const { createCutter } = await import('../src/repodata/cutter.ts');
  const { readFile } = await import('node:fs/promises');
  const repomd = readRepomd(await readFile(join(repository, 'repodata/repomd.xml'), 'utf8'));
  const primary = repomd.data.find((d) => d.type === 'primary')!;
  const file = join(repository, primary.href);
  const found: string[] = [];
  const cutter = createCutter({ what: file, root: 'metadata', maxElement: 2 ** 28 }, (bytes) => {
    found.push(/<name>([^<]+)</.exec(bytes.toString('latin1'))![1]!);
  });
  const bounds = { bytes: 2 ** 40, ratio: 10_000 };
  for await (const chunk of openDocument(createReadStream(file), file, bounds)) cutter.push(chunk);
  return [...new Set(found)];
}

/** Every n-th name from a place on, so many, and half of them at most. */
function some(all: string[], from: number, wanted: number): string[] {
  const count = Math.min(wanted, all.length >> 1);
  const step = Math.max(1, Math.floor(all.length / count));
  return Array.from({ length: count }, (_, i) => all[(from + i * step) % all.length]!);
}

const exclude = (list: string[]) => list.flatMap((name) => ['--exclude-package', name]);

try {
  const parts = values.part.split(',');
  if (parts.includes('parent')) {
    for (const compression of ['zstd', 'gzip']) await oneParent(compression);
  }
  if (parts.includes('cold')) await cold();
  if (parts.includes('many')) await many(Number(values.views));
  if (parts.includes('peers')) await peers();
} finally {
  await rm(work, { recursive: true, force: true });
}

async function oneParent(compression: string): Promise<void> {
  const changed = join(work, 'changed');
  await writeVariant(repository, changed, dayLater);
  const found = { created: [], filter: [], parent: [], snapshot: [] } as Record<string, number[]>;
  for (let run = 1; run <= Number(values.runs); run++) {
    const upstream = await serveFolder(repository);
    const { server, run: cli } = await start(`${compression}-${run}`);
    try {
      await cli('source', 'add', 'parent', '--upstream', upstream.url);
      await cli('sync', 'parent');
      const all = await names(cli);
      const from = ['--from', 'parent', '--compression', compression];
      // Any view of a parent has its pieces encoded in the background.
      await cli('source', 'add', 'first', ...from, ...exclude(['no-such-package-1']));
      await settled(server);
      await cli('source', 'add', 'view', ...from, ...exclude(some(all, run, 100)));
      const created = await fetchAll(server.url, 'view');
      await cli('source', 'filter', 'view', ...exclude([...some(all, run, 100), all[run + 3]!]));
      const filter = await following(server.url, created);
      upstream.folder = changed;
      await cli('sync', 'parent');
      const parent = await following(server.url, filter);
      found.created!.push(created.whole);
      found.filter!.push(filter.whole);
      found.parent!.push(parent.whole);
      const shot = JSON.parse(await cli('snapshot', 'create', 'view', 'before', '--json'));
      found.snapshot!.push(shot.took ?? Number.NaN);
    } finally {
      await server.stop();
      await upstream.close();
    }
  }
  console.log(
    `\n${compression}, milliseconds until repomd.xml and primary are there: median (runs)`,
  );
  console.log(`| a new view that holds back 100 packages | ${ms(found.created!)} |`);
  console.log(`| one more held back | ${ms(found.filter!)} |`);
  console.log(`| the parent synced 0.5% changed packages | ${ms(found.parent!)} |`);
  console.log(`| a snapshot, by the server's account | ${ms(found.snapshot!)} |`);
}

/** Asks until the view has another revision than before; the time until that was read whole. */
async function following(url: string, before: Timed): Promise<Timed> {
  const started = performance.now();
  for (;;) {
    const answer = await fetch(`${url}/channels/view/repodata/repomd.xml`);
    const { revision } = readRepomd(await answer.text());
    if (revision !== before.revision) break;
    if (performance.now() - started > 60_000) throw new Error('the view does not follow');
    await sleep(10);
  }
  const now = await fetchAll(url, 'view');
  return { ...now, whole: performance.now() - started };
}

/** Waits until the server has been idle for a second. */
async function settled({ process: { pid } }: BenchServer): Promise<void> {
  const { readFile } = await import('node:fs/promises');
  const ticks = async () => {
    const fields = (await readFile(`/proc/${pid}/stat`, 'latin1')).split(') ')[1]!.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  };
  for (let before = -10; ; ) {
    const now = await ticks();
    if (now - before < 3) return;
    before = now;
    await sleep(1000);
  }
}

async function cold(): Promise<void> {
  const builds = join(work, 'five');
  await writeVariant(repository, builds, fiveBuilds);
  const newest: number[] = [];
  const security: number[] = [];
  for (let run = 1; run <= Number(values.runs); run++) {
    const upstreams = [await serveFolder(builds), await serveFolder(repository)];
    const { server, run: cli } = await start(`cold-${run}`);
    try {
      await cli('source', 'add', 'builds', '--upstream', upstreams[0]!.url);
      await cli('source', 'add', 'parent', '--upstream', upstreams[1]!.url);
      await cli('sync', '--all');
      await cli('source', 'add', 'newest', '--from', 'builds', '--latest-only');
      newest.push((await fetchAll(server.url, 'newest')).whole);
      await settled(server);
      await cli('source', 'add', 'security', '--from', 'parent', '--advisory-type', 'security');
      security.push((await fetchAll(server.url, 'security')).whole);
    } finally {
      await server.stop();
      for (const upstream of upstreams) await upstream.close();
    }
  }
  console.log('\ngzip, nothing encoded before, milliseconds: median (runs)');
  console.log(`| the newest of five builds | ${ms(newest)} |`);
  console.log(`| what security advisories ship | ${ms(security)} |`);
}

async function many(count: number): Promise<void> {
  const upstream = await serveFolder(repository);
  const { server, run: cli, data, env } = await start('many');
  await cli('source', 'add', 'parent', '--upstream', upstream.url);
  await cli('sync', 'parent');
  const all = await names(cli);
  await server.stop();
  const { writeFile } = await import('node:fs/promises');
  const views = Array.from({ length: count }, (_, i) => ({
    label: `view-${i}`,
    from: ['parent'],
    compression: 'zstd',
    filters: [{ packages: { exclude: some(all, i * 13, 20) } }],
  }));
  const config = join(work, 'many.yaml');
  await writeFile(config, JSON.stringify({ sources: views }));
  const again = await startServer({ ...env, HEADWATER_CONFIG: config });
  try {
    await settled(again);
    const before = await sizes(data);
    const first: number[] = [];
    const second: number[] = [];
    for (const { label } of views) first.push((await fetchAll(again.url, label)).repomd);
    for (const { label } of views) second.push((await fetchAll(again.url, label)).repomd);
    const grown = ((await sizes(data)) - before) / 1e6;
    const part = (list: number[], q: number) =>
      list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * q))]!;
    const three = (list: number[]) =>
      [0.5, 0.99, 1].map((q) => part(list, q).toFixed(1)).join(' / ');
    console.log(`\n${count} views of one parent, zstd: median / p99 / most`);
    console.log(`| repomd.xml, the first time, ms | ${three(first)} |`);
    console.log(`| repomd.xml, again, ms | ${three(second)} |`);
    console.log(`| data folder grown by MB | ${grown.toFixed(0)} |`);
    console.log(`| peak memory of the server, MB | ${await again.peak()} |`);
  } finally {
    await again.stop();
    await upstream.close();
  }
}

async function peers(): Promise<void> {
  const out = join(work, 'merged');
  const merge = [
    'mergerepo_c',
    '--repo',
    `file://${repository}`,
    '--outputdir',
    out,
    '--no-database',
  ];
  const { seconds, megabytes } = await measure([...merge, '--omit-baseurl']);
  console.log(
    `\n| mergerepo_c of the same packages | ${seconds.toFixed(1)} s | ${megabytes.toFixed(0)} MB |`,
  );
}
