/**
 * npm run bench -- [REPOSITORY] [--runs N]
 *
 * Times whole processes on a yum repository (any folder with repodata/; default: the Oracle Linux 7 fixture): a cold
 * metadata sync, a sync with nothing new, and a sync of the same repository with 0.5% of its packages rebuilt; beside
 * them `dnf makecache` and `sqliterepo_c`, in the same run. The upstream is an HTTP server on loopback. Prints medians as
 * a Markdown table. Needs GNU time; dnf and createrepo-c are left out where they are not installed.
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { SourceSummary } from '../src/server/control/operations.ts';
import { serveFolder } from '../test/support/folder-server.ts';
import { projectRoot } from '../test/support/tools.ts';
import { type Measure, measure, median } from './measure.ts';
import { dayLater, writeVariant } from './variant.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '3' } },
});
const runs = Number(values.runs);
const repository = resolve(positionals[0] ?? join(projectRoot, 'fixtures/repodata/ol7'));
const work = await mkdtemp(join(tmpdir(), 'headwater-bench-'));
const changed = join(work, 'changed');
await writeVariant(repository, changed, dayLater);
const upstream = await serveFolder(repository);

const headwater = join(projectRoot, 'bin/headwater');
const results = new Map<string, Measure[]>();
const note = (name: string, result: Measure) => {
  results.set(name, [...(results.get(name) ?? []), result]);
};
const has = (command: string) => spawnSync(command, ['--version']).status === 0;
let packages = 0;

try {
  for (let run = 0; run < runs; run++) {
    await benchHeadwater();
    if (has('dnf')) note('dnf makecache', await makecache());
    if (has('sqliterepo_c')) note('sqliterepo_c', await sqliterepo());
  }
  report();
} finally {
  await upstream.close();
  await rm(work, { recursive: true, force: true });
}

async function benchHeadwater(): Promise<void> {
  const env = { ...process.env, HEADWATER_DATA: join(work, 'data') };
  await rm(env.HEADWATER_DATA, { recursive: true, force: true });
  upstream.folder = repository;
  await measure([headwater, 'source', 'add', 'bench', '--upstream', upstream.url], { env });
  const sync = () => measure([headwater, 'sync', 'bench', '--json'], { env });
  note('headwater, cold sync', await sync());
  note('headwater, nothing new', await sync());
  upstream.folder = changed;
  note('headwater, 0.5% changed', await sync());
  const { stdout } = await measure([headwater, 'source', 'list', '--json'], { env });
  packages =
    (JSON.parse(stdout) as SourceSummary[]).find((s) => s.label === 'bench')?.packages ?? 0;
}

async function makecache(): Promise<Measure> {
  const cache = join(work, 'dnf');
  await rm(cache, { recursive: true, force: true });
  upstream.folder = repository;
  const settings = {
    cachedir: cache,
    logdir: cache,
    persistdir: cache,
    reposdir: join(work, 'none'),
  };
  const options = Object.entries(settings).map(([key, value]) => `--setopt=${key}=${value}`);
  return measure([
    'dnf',
    '-q',
    '--disablerepo=*',
    `--repofrompath=bench,${upstream.url}`,
    '--releasever=8',
    ...options,
    'makecache',
  ]);
}

async function sqliterepo(): Promise<Measure> {
  const copy = join(work, 'sqlite');
  await rm(copy, { recursive: true, force: true });
  await mkdir(copy, { recursive: true });
  await cp(join(repository, 'repodata'), join(copy, 'repodata'), { recursive: true });
  return measure(['sqliterepo_c', '--force', copy]);
}

function report(): void {
  const base = (name: string) => {
    const list = results.get(name);
    return list && median([...list]).seconds;
  };
  const [dnf, sqlite] = [base('dnf makecache'), base('sqliterepo_c')];
  const ratio = (seconds: number, to: number | undefined) =>
    to === undefined ? '-' : (seconds / to).toFixed(2);
  console.log(
    `${packages} packages, ${runs} runs, medians; ${cpus().length} cores, Node ${process.version}\n`,
  );
  console.log('| process | seconds | peak MB | of dnf makecache | of sqliterepo_c |');
  console.log('|---|---:|---:|---:|---:|');
  for (const [name, list] of results) {
    const { seconds, megabytes } = median([...list]);
    console.log(
      `| ${name} | ${seconds.toFixed(2)} | ${Math.round(megabytes)} | ${ratio(seconds, dnf)} | ${ratio(seconds, sqlite)} |`,
    );
  }
}
