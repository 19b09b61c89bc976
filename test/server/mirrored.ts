import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createLog } from '../../src/base/log.ts';
import type { SourceDefinition } from '../../src/base/source.ts';
import { type Config, loadConfig } from '../../src/cli/config.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { type Fixture, fixtureFolder } from '../cli/folder.ts';
import { fixtureCopy, startApp, type TestApp } from '../support/app.ts';
import { startUpstream, type TestUpstream } from '../support/upstream.ts';

export interface Mirrored extends TestApp {
  upstream: TestUpstream;
  /** The channel's address, with a slash at the end. */
  channel: string;
}

/** An app that has mirrored a fixture repository, under the fixture's name as label, from an upstream of its own. */
export async function startMirrored(
  name: Fixture,
  source: Partial<SourceDefinition> = {},
  overrides: Partial<Config> = {},
): Promise<Mirrored> {
  const upstream = await startUpstream(await fixtureCopy(name));
  const app = await startApp([{ label: name, upstream: upstream.url, ...source }], overrides);
  expect(await app.sync(name)).toMatchObject({ outcome: 'updated' });
  return { ...app, upstream, channel: `${app.url}/channels/${name}/` };
}

/** What tests may use that share an app: they only read from it. */
export interface Shared {
  url: string;
  /** A channel's address, with a slash at the end. */
  channel(name: Fixture): string;
  /** Whether the server holds these bytes. */
  holds(sha256: string): boolean;
}

/**
 * One app that has mirrored fixture repositories, under their names as labels, for all tests of a file. Gives a function,
 * as the app is there only while the tests run.
 */
export function shareMirrored(...names: Fixture[]): () => Shared {
  let shared: Shared | undefined;
  const undo: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    const own = await mkdtemp(join(tmpdir(), 'headwater-test-'));
    undo.push(() => rm(own, { recursive: true, force: true }));
    const config = join(own, 'headwater.yaml');
    const sources = names.map((label) => ({ label, upstream: `file:${fixtureFolder(label)}/` }));
    await writeFile(config, JSON.stringify({ min_free: '1MB', sources }));
    const loaded = loadConfig({ config, listen: '127.0.0.1:0' }, {});
    const app = await createApp(loaded, createLog('silent'));
    undo.push(app.close);
    const { port } = await app.serve();
    for (const result of await app.operations.sync({ labels: [] }, () => {})) {
      expect(result).toMatchObject({ outcome: 'updated' });
    }
    const url = `http://127.0.0.1:${port}`;
    shared = {
      url,
      channel: (name) => `${url}/channels/${name}/`,
      holds: (digest) => existsSync(dataPaths(loaded.data).object(digest)),
    };
  });
  afterAll(async () => {
    for (const step of undo.reverse()) await step();
  });
  return () => shared!;
}

/** The path of the document in a repository's repodata folder whose name has this in it, and its bytes. */
export async function documentOf(
  folder: string,
  part: string,
): Promise<{ path: string; bytes: Buffer }> {
  const found = (await readdir(join(folder, 'repodata'))).find((n) => n.includes(part));
  const path = `repodata/${found}`;
  return { path, bytes: await readFile(join(folder, path)) };
}

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Sends a request whose target is not touched by any URL parser. */
export function raw(
  url: string,
  target: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, path: target, method, headers, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('error', reject);
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode!,
            headers: answer.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    sent.on('error', reject).end();
  });
}

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');
