import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/app.ts';
import { projectRoot } from '../support/tools.ts';
import { invented, startRepository, writeRepository } from './repository.ts';

/** A configuration with one source, and its data folder beside it. */
async function configured(upstream: string): Promise<string> {
  const file = join(await temporaryFolder(), 'headwater.yaml');
  await writeFile(
    file,
    `listen: 127.0.0.1:0\nmin_free: 1MB\nsources:\n  - label: a\n    upstream: ${upstream}\n`,
  );
  return file;
}

function start(...args: string[]): ChildProcess {
  const { PATH } = process.env;
  const env = { PATH, NO_PROXY: '*' };
  const child = spawn(join(projectRoot, 'bin/headwater'), args, { env });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = start(...args);
  const said = { out: '', err: '' };
  child.stdout!.on('data', (d) => (said.out += d));
  child.stderr!.on('data', (d) => (said.err += d));
  const [code] = await once(child, 'close');
  return { code, ...said };
}

/** Starts a server; gives it and its address once it listens. */
async function serve(config: string): Promise<{ server: ChildProcess; url: string }> {
  const server = start('serve', '--config', config);
  for await (const line of createInterface({ input: server.stdout! })) {
    const url = /serves (http:\/\/\S+)\//.exec(line)?.[1];
    if (url) return { server, url };
  }
  throw new Error('the server ended');
}

it('lets one process hold a data folder: a second server is refused, commands go through the first', async () => {
  const { upstream } = await startRepository({ packages: [invented('brook')] });
  const config = await configured(upstream.url);
  const first = await serve(config);

  const refused = await run('serve', '--config', config);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(
    /the data folder .* is in use by another Headwater process: stop that one/,
  );

  const synced = await run('sync', 'a', '--config', config, '--json');
  expect(synced).toMatchObject({ code: 0 });
  expect(JSON.parse(synced.out)).toMatchObject([{ label: 'a', outcome: 'updated', packages: 1 }]);
  // The server knows at once what the command brought: it was its own doing.
  expect((await fetch(`${first.url}/channels/a/repodata/repomd.xml`)).status).toBe(200);

  first.server.kill('SIGKILL');
  await once(first.server, 'exit');
  await writeRepository(upstream.folder, { packages: [], time: 1_700_000_100 });
  const alone = await run('sync', 'a', '--config', config, '--json');
  expect(alone).toMatchObject({ code: 0 });
  expect(JSON.parse(alone.out)).toMatchObject([{ outcome: 'updated', revision: 2 }]);

  const second = await serve(config);
  expect((await fetch(`${second.url}/channels/a/repodata/repomd.xml`)).status).toBe(200);
  second.server.kill('SIGTERM');
  expect(await once(second.server, 'exit')).toEqual([0, null]);
});

it('says in the exit code and in one sentence that a sync failed', async () => {
  const { upstream } = await startRepository({ packages: [] });
  upstream.fault = (_, response) => !!response.writeHead(404).end();
  const config = await configured(upstream.url.replace('//', '//user:secret@'));
  const { code, out, err } = await run('sync', 'a', '--config', config);
  expect(code).toBe(1);
  expect(out).toContain(
    `a: failed: source a: ${upstream.url}repodata/repomd.xml answered 404 Not Found: it has no such file`,
  );
  expect(out.trim().split('\n')).toHaveLength(1);
  expect(out + err).not.toContain('secret@');
});
