import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { readRepomd } from '../../src/repodata/repomd.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { openForReading } from '../../src/store/sqlite.ts';
import { type InventedPackage, invented, writeRepository } from '../mirror/repository.ts';
import { expectTidy, objectsIn } from '../mirror/served.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { projectRoot } from '../support/tools.ts';
import { startUpstream, type TestUpstream } from '../support/upstream.ts';

/** A source `a` that goes from one revision to the next, and data folders on which syncs of it are killed. */
export interface Scene {
  upstream: TestUpstream;
  /** Folders that the upstream may serve. */
  revisions: { first: string; second: string };
  /** A new data folder, empty or a copy of one. */
  dataFolder(from?: string): Promise<string>;
  /** Starts `headwater sync a` on a data folder, with a preloaded module where one is named. */
  startSync(data: string, env?: NodeJS.ProcessEnv, preload?: string): ChildProcess;
  /** Runs one to its end; gives how often each step was announced, and the signal that ended it. */
  sync(data: string, kill?: { step: string; nth: number }): Promise<SyncEnd>;
}

export interface SyncEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  steps: Map<string, number>;
}

const killer = fileURLToPath(new URL('kill-at-step.ts', import.meta.url));

/** Makes a scene. Sockets of the program go to a folder of the scene: `leftovers` gives what is in it. */
export async function createScene(): Promise<Scene & { leftovers(): Promise<string[]> }> {
  const folder = await temporaryFolder();
  const sockets = join(folder, 'sockets');
  await mkdir(sockets);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = sockets;
  onTestFinished(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  });
  const kept = Array.from({ length: 3 }, (_, i) => invented(`brook${i}`, '1', 20_000));
  const revisions = { first: join(folder, 'first'), second: join(folder, 'second') };
  await publish(revisions.first, [...kept, invented('weir', '1')], 1_700_000_000);
  await publish(revisions.second, [...kept, invented('weir', '2')], 1_700_000_100);
  const upstream = await startUpstream(revisions.first);
  const config = join(folder, 'headwater.yaml');
  await writeFile(config, JSON.stringify({ min_free: '1MB', sources: [sourceOf(upstream)] }));

  function startSync(data: string, env: NodeJS.ProcessEnv = {}, preload?: string): ChildProcess {
    const main = join(projectRoot, 'src/main.ts');
    const options = preload ? ['--import', preload] : [];
    return spawn(
      process.execPath,
      [...options, main, 'sync', 'a', '--json', '--config', config, '--data', data],
      {
        env: { PATH: process.env.PATH, TMPDIR: sockets, NODE_COMPILE_CACHE: compileCache, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
  }

  return {
    upstream,
    revisions,
    startSync,
    leftovers: () => readdir(sockets),
    async dataFolder(from) {
      const data = join(await mkdtemp(join(folder, 'data-')), 'data');
      if (from) await cp(from, data, { recursive: true });
      return data;
    },
    async sync(data, kill) {
      const steps = await mkdtemp(join(folder, 'steps-'));
      const at = kill && { KILL_AT: kill.step, KILL_NTH: String(kill.nth) };
      const child = startSync(data, { STEPS_FOLDER: steps, ...at }, killer);
      const [code, signal] = await ended(child);
      const counts = new Map<string, number>();
      for (const step of await readdir(steps)) {
        const lines = (await readFile(join(steps, step), 'utf8')).split('\n');
        counts.set(step, lines.length - 1);
      }
      return { code, signal, steps: counts };
    },
  };
}

/** Waits for a process's end; gives exit code and signal. */
export async function ended(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  child.stdout!.resume();
  child.stderr!.resume();
  return (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
}

/** Shared with the tests' own process, so that the program starts as fast as it does for people. */
const compileCache = join(projectRoot, 'node_modules/.cache/headwater-tests');

const sourceOf = (upstream: TestUpstream) =>
  ({ label: 'a', upstream: upstream.url, packages: 'immediate' }) as const;

async function publish(folder: string, packages: InventedPackage[], time: number): Promise<void> {
  await writeRepository(folder, { packages, time, advisories: [`ELSA-${time}`] });
}

/**
 * Starts the program on a data folder whose last sync was killed, while the upstream serves what that sync was after.
 * Fails unless it serves `before` or that, whole; nothing is half-written; `doctor` is content; and the next sync ends
 * with the same packages and objects as `reference`, a sync that was never killed.
 */
export async function expectRecovery(
  { upstream }: Pick<Scene, 'upstream'>,
  data: string,
  { before, reference }: { before: string | undefined; reference: string },
): Promise<void> {
  const wanted = await readFile(join(upstream.folder, 'repodata/repomd.xml'), 'utf8');
  const old = before && (await readFile(join(before, 'repodata/repomd.xml'), 'utf8'));
  const { url, app, sync, logged, close } = await startApp([sourceOf(upstream)], { data });
  expect(await readdir(join(data, 'tmp')).catch(() => [])).toEqual([]);
  expect([old, wanted]).toContain(await repomdServed(url));
  expect((await app.operations.doctor()).filter((c) => c.status !== 'ok')).toEqual([]);

  expect(await sync('a')).toMatchObject({
    outcome: expect.stringMatching(/^(updated|unchanged)$/),
  });
  expect(await repomdServed(url)).toBe(wanted);
  expect(catalogued(data)).toEqual(catalogued(reference));
  // No less than a sync that was never killed holds: packs may be cut into other pieces.
  const packages = [...(await objectsIn(data)).keys()];
  for (const sha256 of await packagesOf(upstream.folder)) expect(packages).toContain(sha256);
  expect((await app.operations.doctor()).filter((c) => c.status !== 'ok')).toEqual([]);
  expect(logged.filter((line) => Number(line.level) >= 50)).toEqual([]);
  await close();
  await expectTidy(data);
  await rm(data, { recursive: true });
}

/** The repomd.xml that a channel serves, whose every document must have its checksum; undefined if there is none. */
async function repomdServed(url: string): Promise<string | undefined> {
  const response = await fetch(`${url}/channels/a/repodata/repomd.xml`);
  const text = await response.text();
  if (response.status === 404) return undefined;
  expect(response.status).toBe(200);
  for (const { href, checksum } of readRepomd(text).data) {
    const document = await fetch(`${url}/channels/a/${href}`);
    expect(document.status).toBe(200);
    expect(digestOf(await document.bytes())).toBe(checksum!.value);
  }
  return text;
}

/** What the catalogue says that the source has now. */
function catalogued(data: string): unknown[] {
  const db = openForReading(dataPaths(data).catalogue);
  const packages = db
    .prepare(
      `SELECT p.name, p.location, hex(p.checksum) AS checksum FROM package p
       JOIN membership m ON m.package = p.id WHERE m.to_revision IS NULL ORDER BY p.location`,
    )
    .all();
  const advisories = db
    .prepare(
      `SELECT a.advisory_id FROM advisory a JOIN advisory_membership m ON m.advisory = a.id
       WHERE m.to_revision IS NULL ORDER BY a.advisory_id`,
    )
    .all();
  db.close();
  expect(packages.length).toBeGreaterThan(0);
  return [...packages, ...advisories];
}

async function packagesOf(repository: string): Promise<string[]> {
  const folder = join(repository, 'Packages');
  const names = await readdir(folder);
  return Promise.all(names.map(async (name) => digestOf(await readFile(join(folder, name)))));
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
