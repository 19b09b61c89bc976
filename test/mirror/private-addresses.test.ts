import dns from 'node:dns';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { SourceDefinition } from '../../src/base/source.ts';
import type { Resolve } from '../../src/mirror/addresses.ts';
import { startApp } from '../support/app.ts';
import { startUpstream, type TestUpstream } from '../support/upstream.ts';
import { setProxies, startProxy } from './proxy.ts';
import { invented, startRepository } from './repository.ts';

const { lookup } = dns;

/** Gives names these addresses for one test. */
function resolveTo(names: Record<string, string[]>): void {
  const resolve = (name: string, options: dns.LookupAllOptions, done: Parameters<Resolve>[2]) => {
    const known = names[name]?.map((address) => ({ address, family: 4 }));
    if (!known) lookup(name, options, done);
    else if (options.all) done(null, known);
    else (done as unknown as (e: null, a: string, f: number) => void)(null, known[0]!.address, 4);
  };
  vi.spyOn(dns, 'lookup').mockImplementation(resolve as typeof dns.lookup);
  onTestFinished(() => void vi.restoreAllMocks());
}

const packages = [invented('brook')];

/** An upstream that is public as far as can be told: a proxy answers for its name. Nobody else goes through the proxy. */
async function startPublic(direct = '127.0.0.1,inside.test,localhost') {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const proxy = await startProxy();
  setProxies({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: direct });
  const url = `http://public.test:${new URL(upstream.url).port}/`;
  return { upstream, url, port: new URL(upstream.url).port };
}

function redirect(upstream: TestUpstream, to: (path: string) => string) {
  upstream.fault = (request, response) => {
    response.writeHead(302, { location: to(request.url!) }).end();
    return true;
  };
}

const outcome = async (definition: Omit<SourceDefinition, 'label'>) => {
  const { sync } = await startApp([{ label: 'a', ...definition }]);
  return sync('a');
};

it('follows no redirect of a public upstream to a private address, however that is written', async () => {
  const { upstream, url } = await startPublic();
  const { upstream: inside } = await startRepository({ only: ['primary'], packages });
  const { port } = new URL(inside.url);
  for (const host of [
    ...['127.0.0.1', '127.1', '2130706433', '0x7f.1', '017700000001', '[::ffff:127.0.0.1]'],
    ...['[::1]', '0.0.0.0', '169.254.169.254', '10.0.0.1', '[fd00::1]', '[64:ff9b::7f00:1]'],
    ...['localhost', 'localhost.'],
  ]) {
    redirect(upstream, (path) => `http://${host}:${port}${path}`);
    const result = await outcome({ upstream: url });
    expect({ host, ...result }).toMatchObject({ outcome: 'failed', kind: 'refused' });
    expect(result.reason).toMatch(
      /^source a: http:\/\/public\.test:\d+\/repodata\/repomd\.xml leads to .* is a private or local address: .*name that address as the upstream/,
    );
  }
  expect(inside.requests).toEqual([]);
});

it('names the address that a name leads to', async () => {
  const { upstream, url } = await startPublic();
  const { upstream: inside } = await startRepository({ only: ['primary'], packages });
  const { port } = new URL(inside.url);
  redirect(upstream, (path) => `http://inside.test:${port}${path}`);
  for (const answers of [['127.0.0.1'], ['192.0.2.1', '127.0.0.1']]) {
    resolveTo({ 'inside.test': answers });
    const result = await outcome({ upstream: url });
    expect(result).toMatchObject({ outcome: 'failed', kind: 'refused' });
    expect(result.reason).toContain('leads to inside.test (127.0.0.1) is a private');
  }
  expect(inside.requests).toEqual([]);
});

it('uses no connection that another source made to a private address by its name', async () => {
  const { upstream, url } = await startPublic();
  const { upstream: inside } = await startRepository({ only: ['primary'], packages });
  const own = `http://inside.test:${new URL(inside.url).port}`;
  resolveTo({ 'inside.test': ['127.0.0.1'] });
  redirect(upstream, (path) => own + path);
  const { sync } = await startApp([
    { label: 'own', upstream: own },
    { label: 'led', upstream: url },
  ]);
  expect(await sync('own')).toMatchObject({ outcome: 'updated' });
  const { length } = inside.requests;
  expect(await sync('led')).toMatchObject({ outcome: 'failed', kind: 'refused' });
  expect(inside.requests).toHaveLength(length);
});

it('judges names and literal addresses where a proxy connects', async () => {
  const { upstream, url } = await startPublic('');
  const { upstream: other } = await startRepository({ only: ['primary'], packages });
  const { port } = new URL(other.url);
  for (const host of ['localhost', '127.0.0.1', '[::ffff:a00:1]']) {
    redirect(upstream, (path) => `http://${host}:${port}${path}`);
    expect(await outcome({ upstream: url })).toMatchObject({ outcome: 'failed', kind: 'refused' });
  }
  expect(other.requests).toEqual([]);
  redirect(upstream, (path) => `http://elsewhere.test:${port}${path}`);
  expect(await outcome({ upstream: url })).toMatchObject({ outcome: 'updated' });
});

it('asks no private mirror that a public list names, and goes on with the next', async () => {
  const { upstream, url, port } = await startPublic();
  const { upstream: inside } = await startRepository({ only: ['primary'], packages });
  const list = `${url}list`;
  const named = (...mirrors: string[]) =>
    writeFile(join(upstream.folder, 'list'), mirrors.map((m) => `${m}\n`).join(''));
  await named(inside.url);
  const result = await outcome({ mirrorlist: list });
  expect(result).toMatchObject({ outcome: 'failed', kind: 'refused' });
  expect(result.reason).toContain(`${inside.url}repodata/repomd.xml leads to 127.0.0.1 is`);
  await named(inside.url, `http://public.test:${port}/`);
  expect(await outcome({ mirrorlist: list })).toMatchObject({ outcome: 'updated' });
  expect(inside.requests).toEqual([]);
});

it('lets a private upstream lead to private addresses, and its list name them', async () => {
  const { upstream: there } = await startRepository({ only: ['primary'], packages });
  const here = await startUpstream(there.folder);
  await writeFile(join(there.folder, 'list'), there.url);
  expect(await outcome({ mirrorlist: `${here.url}list` })).toMatchObject({ outcome: 'updated' });
  redirect(here, (path) => there.url.slice(0, -1) + path);
  expect(await outcome({ upstream: here.url })).toMatchObject({ outcome: 'updated' });
});

it('lets a private upstream lead outside, and from there not inside again', async () => {
  const { upstream: outside, url } = await startPublic();
  const { upstream: inside } = await startRepository({ only: ['primary'], packages });
  const first = await startUpstream(outside.folder);
  redirect(first, (path) => url.slice(0, -1) + path);
  expect(await outcome({ upstream: first.url })).toMatchObject({ outcome: 'updated' });
  redirect(outside, (path) => inside.url.slice(0, -1) + path);
  const result = await outcome({ upstream: first.url });
  expect(result).toMatchObject({ outcome: 'failed', kind: 'refused' });
  expect(result.reason).toContain(
    `${first.url}repodata/repomd.xml leads to 127.0.0.1 is a private`,
  );
  expect(inside.requests).toEqual([]);
});

it('knows where an upstream is that closes its connections', async () => {
  const { upstream: there } = await startRepository({ only: ['primary'], packages });
  const here = await startUpstream(there.folder);
  here.fault = (request, response) => {
    const location = there.url.slice(0, -1) + request.url;
    return !!response.writeHead(302, { location, connection: 'close' }).end();
  };
  expect(await outcome({ upstream: here.url })).toMatchObject({ outcome: 'updated' });
});
