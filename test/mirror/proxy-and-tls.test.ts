import { createReadStream, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startApp, temporaryFolder } from '../support/app.ts';
import { hasOpenssl, makeCertificates } from './certificates.ts';
import { listen, setProxies, startProxy } from './proxy.ts';
import { invented, startRepository, writeRepository } from './repository.ts';

const packages = [invented('brook')];

/** Serves a folder over HTTPS. */
async function startTls(folder: string, options: ServerOptions): Promise<number> {
  const server = createHttpsServer(options, (asked, response) => {
    const file = createReadStream(join(folder, asked.url!));
    file.on('error', () => response.writeHead(404).end()).pipe(response);
  });
  onTestFinished(() => server.closeAllConnections());
  return listen(server);
}

async function tlsUpstream(options: (ca: string) => ServerOptions) {
  const folder = await temporaryFolder();
  await writeRepository(join(folder, 'repo'), { only: ['primary'], packages });
  const made = await makeCertificates(folder);
  const port = await startTls(join(folder, 'repo'), {
    cert: readFileSync(made.server.cert),
    key: readFileSync(made.server.key),
    ...options(made.ca),
  });
  return { port, made };
}

it.skipIf(!hasOpenssl)('trusts a CA of its own, for that source only', async () => {
  const { port, made } = await tlsUpstream(() => ({}));
  const upstream = `https://127.0.0.1:${port}/`;
  const { sync, url } = await startApp([
    { label: 'a', upstream, tls: { ca: made.ca } },
    { label: 'b', upstream },
  ]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 1 });
  const rpm = await fetch(`${url}/channels/a/${packages[0]!.href}`).then((r) => r.bytes());
  expect(packages[0]!.bytes.equals(rpm)).toBe(true);
  const refused = await sync('b');
  expect(refused).toMatchObject({ outcome: 'failed', kind: 'unreachable' });
  expect(refused.reason).toContain(`source b: ${upstream}repodata/repomd.xml`);
  expect(refused.reason).toMatch(/set tls\.ca/);
});

it.skipIf(!hasOpenssl)('shows a client certificate to an upstream that wants one', async () => {
  const { port, made } = await tlsUpstream((ca) => ({
    ca: readFileSync(ca),
    requestCert: true,
    rejectUnauthorized: true,
  }));
  const upstream = `https://127.0.0.1:${port}/`;
  const { ca, client } = made;
  const tls = { ca, client_certificate: client.cert, client_key: client.key };
  const { sync } = await startApp([
    { label: 'a', upstream, tls },
    { label: 'b', upstream, tls: { ca } },
  ]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 1 });
  const refused = await sync('b');
  expect(refused).toMatchObject({ outcome: 'failed', kind: 'unreachable' });
  expect(refused.reason).toContain(`source b: ${upstream}repodata/repomd.xml`);
  expect(refused.reason).toMatch(/tls\.client_certificate/);
});

it.skipIf(!hasOpenssl)('reaches an HTTPS upstream through HTTPS_PROXY', async () => {
  const { port, made } = await tlsUpstream(() => ({}));
  const proxy = await startProxy();
  setProxies({ HTTPS_PROXY: `http://user:secret@127.0.0.1:${proxy.port}` });
  const upstream = `https://upstream.test:${port}/`;
  const { sync } = await startApp([{ label: 'a', upstream, tls: { ca: made.ca } }]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 1 });
  expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT upstream.test:${port} as user:secret`]));
});

it('reaches an HTTP upstream through HTTP_PROXY, and those of NO_PROXY without', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const { port } = new URL(upstream.url);
  const proxy = await startProxy();
  setProxies({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: '127.0.0.1' });
  const { sync } = await startApp([
    { label: 'a', upstream: `http://upstream.test:${port}/` },
    { label: 'b', upstream: upstream.url },
  ]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 1 });
  expect(proxy.asked[0]).toBe(`GET upstream.test:${port}/repodata/repomd.xml`);
  const { length } = proxy.asked;
  expect(await sync('b')).toMatchObject({ outcome: 'updated', packages: 1 });
  expect(proxy.asked).toHaveLength(length);
});

it('says that the proxy is dead without its credentials', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const proxy = createHttpServer();
  const port = await listen(proxy);
  await new Promise((resolve) => proxy.close(resolve));
  setProxies({ HTTP_PROXY: `http://user:secret@127.0.0.1:${port}` });
  const { sync, logged } = await startApp([{ label: 'a', upstream: upstream.url }]);
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'unreachable' });
  expect(JSON.stringify([result, logged])).not.toContain('secret');
});

it('logs in with a password from a file, and says what to do where that is wrong', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  upstream.fault = (asked, response) => {
    if (asked.headers.authorization === `Basic ${btoa('user:secret word')}`) return false;
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    return true;
  };
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'good'), 'secret word\n');
  await writeFile(join(folder, 'bad'), 'other word\n');
  const source = (label: string, file: string) => ({
    label,
    upstream: upstream.url,
    auth: { username: 'user', password_file: join(folder, file) },
  });
  const { sync, url, logged } = await startApp([
    source('a', 'good'),
    source('b', 'bad'),
    source('c', 'absent'),
  ]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 1 });
  const rpm = await fetch(`${url}/channels/a/${packages[0]!.href}`);
  expect(packages[0]!.bytes.equals(await rpm.bytes())).toBe(true);
  const wrong = await sync('b');
  expect(wrong).toMatchObject({ outcome: 'failed', kind: 'refused' });
  expect(wrong.reason).toMatch(/^source b: .*answered 401.*set auth/);
  const absent = await sync('c');
  expect(absent).toMatchObject({ outcome: 'failed', kind: 'config' });
  expect(absent.reason).toContain(`cannot read auth.password_file ${join(folder, 'absent')}`);
  expect(JSON.stringify([wrong, absent, logged])).not.toMatch(/secret word|other word/);
});
