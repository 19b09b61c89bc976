import { readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer as createHttpsServer } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { SourceDefinition } from '../../src/base/source.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { startUpstream, type TestUpstream } from '../support/upstream.ts';
import { hasOpenssl, makeCertificates } from './certificates.ts';
import { listen } from './proxy.ts';
import { invented, startRepository } from './repository.ts';

const packages = [invented('brook')];
const secret = 'open sesame';

function setVariable(name: string, value: string | undefined): void {
  vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

/** An upstream that wants a header, and notes which requests had it. */
async function guarded(header: string, value: string) {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  upstream.fault = (request, response) => {
    if (request.headers[header] === value) return false;
    return !!response.writeHead(401).end();
  };
  return upstream;
}

type Auth = NonNullable<SourceDefinition['auth']>;

const basic = `Basic ${btoa(`user:${secret}`)}`;
it.each<[string, string, string, (file: string) => Auth]>([
  [
    'a password from a file',
    'authorization',
    basic,
    (f) => ({ username: 'user', password_file: f }),
  ],
  [
    'a password from the environment',
    'authorization',
    basic,
    () => ({ username: 'user', password_env: 'HEADWATER_TEST' }),
  ],
  ['a header from a file', 'x-api-key', secret, (f) => ({ header: 'X-Api-Key', value_file: f })],
  [
    'a header from the environment',
    'cookie',
    secret,
    () => ({ header: 'Cookie', value_env: 'HEADWATER_TEST' }),
  ],
])('says who it is with %s, and nobody is told the secret', async (_, header, value, authOf) => {
  const upstream = await guarded(header, value);
  const file = join(await temporaryFolder(), 'secret');
  await writeFile(file, `${secret}\n`);
  setVariable('HEADWATER_TEST', secret);
  const test = await startApp([{ label: 'bare', upstream: upstream.url }]);
  const { operations } = test.app;
  await operations.addSource({ label: 'a', upstream: upstream.url, auth: authOf(file) });
  const results = [await test.sync('a'), await test.sync('bare')];
  expect(results[0]).toMatchObject({ outcome: 'updated', packages: 1 });
  expect(results[1]).toMatchObject({ outcome: 'failed', kind: 'refused' });
  const rpm = await fetch(`${test.url}/channels/a/${packages[0]!.href}`);
  expect(packages[0]!.bytes.equals(await rpm.bytes())).toBe(true);

  upstream.fault = (_, response) => !!response.writeHead(403, { 'x-echo': value }).end(value);
  results.push(await test.sync('a'));
  const shown = [await operations.showSource('a'), await operations.listSources()];
  const told = JSON.stringify([results, shown, test.logged]);
  for (const word of [secret, btoa(`user:${secret}`)]) {
    expect(told).not.toContain(word);
    expect(await allBytes(test.config.data)).not.toContain(word);
  }
});

async function allBytes(folder: string): Promise<string> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const contents = files
    .filter((f) => f.isFile())
    .map((f) => readFile(join(f.parentPath, f.name), 'latin1'));
  return (await Promise.all(contents)).join('\n');
}

it('a secret that cannot be read is told of with its key, the source and no secret', async () => {
  const folder = await temporaryFolder();
  const file = async (name: string, content: string) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const { upstream } = await startRepository({ only: ['primary'], packages });
  setVariable('HEADWATER_EMPTY', '');
  setVariable('HEADWATER_UNSET', undefined);
  setVariable('HEADWATER_LINES', `${secret}\r\nX-More: ${secret}`);
  const cases: [Auth, RegExp][] = [
    [
      { username: 'u', password_env: 'HEADWATER_UNSET' },
      /auth\.password_env names the variable HEADWATER_UNSET, which is not set/,
    ],
    [
      { header: 'X-Key', value_env: 'HEADWATER_EMPTY' },
      /auth\.value_env names HEADWATER_EMPTY, which is empty/,
    ],
    [{ header: 'X-Key', value_env: 'HEADWATER_LINES' }, /auth\.value_env holds what no header can/],
    [
      { header: 'X-Key', value_file: await file('lines', `a\nX-More: ${secret}`) },
      /auth\.value_file holds what no header can/,
    ],
    [
      { header: 'X-Key', value_file: await file('empty', '\n') },
      /auth\.value_file names .*, which is empty/,
    ],
    [
      { header: 'X-Key', value_file: join(folder, 'absent') },
      /cannot read auth\.value_file .*absent \(ENOENT\): check the path/,
    ],
    [{ username: 'u', password_file: folder }, /cannot read auth\.password_file .* \(EISDIR\)/],
  ];
  const sources = cases.map(([auth], i) => ({ label: `s${i}`, upstream: upstream.url, auth }));
  const { sync, logged } = await startApp(sources);
  for (const [i, [, says]] of cases.entries()) {
    const result = await sync(`s${i}`);
    expect(result).toMatchObject({ outcome: 'failed', kind: 'config' });
    expect(result.reason).toMatch(says);
    expect(result.reason).toMatch(new RegExp(`^source s${i}: `));
    expect(JSON.stringify([result, logged])).not.toContain(secret);
  }
  expect(upstream.requests).toEqual([]);
});

/** Notes what each request to an upstream carried. */
function watch(upstream: TestUpstream, redirectTo?: (path: string) => string | undefined) {
  const seen: (string | undefined)[] = [];
  upstream.fault = (request, response) => {
    const { authorization, 'x-api-key': key, cookie } = request.headers;
    seen.push(authorization ?? (key as string | undefined) ?? cookie);
    const location = redirectTo?.(request.url!);
    if (location === undefined) return false;
    return !!response.writeHead(302, { location }).end();
  };
  return seen;
}

it.each<[string, Auth]>([
  ['a password', { username: 'user', password_env: 'HEADWATER_TEST' }],
  ['a key', { header: 'X-Api-Key', value_env: 'HEADWATER_TEST' }],
  ['a cookie', { header: 'Cookie', value_env: 'HEADWATER_TEST' }],
])('%s goes along within its origin, not to another, and not back from there', async (_, auth) => {
  setVariable('HEADWATER_TEST', secret);
  const { upstream: own } = await startRepository({ only: ['primary'], packages });
  const other = await startUpstream(own.folder);
  const base = (url: string) => url.slice(0, -1);
  // own/repodata → own/again/repodata → other/repodata → own/back/repodata
  const atOwn = watch(own, (path) => {
    if (path.startsWith('/again')) return base(other.url) + path.slice('/again'.length);
    return path.startsWith('/back') ? undefined : `/again${path}`;
  });
  own.folder = await temporaryFolder();
  const atOther = watch(other, (path) =>
    path.includes('primary') ? `${own.url}back${path}` : undefined,
  );
  const { sync } = await startApp([{ label: 'a', upstream: own.url, auth }]);
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'refused' });
  expect(result.reason).toContain('/back/repodata/');
  expect(new Set(atOther)).toEqual(new Set([undefined]));
  const back = own.requests.flatMap((path, i) => (path.startsWith('/back') ? [atOwn[i]] : []));
  expect(new Set(back)).toEqual(new Set([undefined]));
  const there = own.requests.flatMap((path, i) => (path.startsWith('/back') ? [] : [atOwn[i]]));
  expect(there.length).toBeGreaterThan(3);
  expect(there).not.toContain(undefined);
});

/** An HTTPS upstream that asks for a client certificate, and notes whose it got and what else it was shown. */
async function startTls(
  folder: string,
  options: { to?: (path: string) => string | undefined } = {},
) {
  const made = await makeCertificates(await temporaryFolder());
  const seen: { certificate: string | undefined; authorization: string | undefined }[] = [];
  const server = createHttpsServer(
    {
      cert: readFileSync(made.server.cert),
      key: readFileSync(made.server.key),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      const peer = (request.socket as TLSSocket).getPeerCertificate();
      const certificate = peer.subject?.CN as string | undefined;
      seen.push({ certificate, authorization: request.headers.authorization });
      const location = options.to?.(request.url!);
      if (location) response.writeHead(302, { location }).end();
      else {
        readFile(join(folder, request.url!)).then(
          (bytes) => response.end(bytes),
          () => response.writeHead(404).end(),
        );
      }
    },
  );
  onTestFinished(() => server.closeAllConnections());
  return { made, seen, url: `https://127.0.0.1:${await listen(server)}/` };
}

it.skipIf(!hasOpenssl)(
  'a client certificate and a password leave neither their origin nor HTTPS',
  async () => {
    setVariable('HEADWATER_TEST', secret);
    const { upstream: plain } = await startRepository({ only: ['primary'], packages });
    const atPlain = watch(plain);
    const other = await startTls(plain.folder);
    let elsewhere = other.url;
    const own = await startTls(plain.folder, {
      to: (path) => (path.includes('primary') ? elsewhere.slice(0, -1) + path : undefined),
    });
    const ca = join(await temporaryFolder(), 'both.pem');
    await writeFile(ca, readFileSync(own.made.ca, 'utf8') + readFileSync(other.made.ca, 'utf8'));
    const { client } = own.made;
    const common = {
      tls: { ca, client_certificate: client.cert, client_key: client.key },
      auth: { username: 'user', password_env: 'HEADWATER_TEST' },
    };
    const first = await startApp([{ label: 'a', upstream: own.url, ...common }]);
    expect(await first.sync('a')).toMatchObject({ outcome: 'updated', packages: 1 });
    expect(new Set(own.seen.map((s) => s.certificate))).toEqual(new Set(['client']));
    expect(new Set(own.seen.map((s) => s.authorization))).toEqual(new Set([basic]));
    expect(other.seen).toEqual([{ certificate: undefined, authorization: undefined }]);
    // Both are its own, and yet nothing goes from the one to the other in the clear.
    elsewhere = plain.url;
    const second = await startApp([{ label: 'b', upstream: [own.url, plain.url], ...common }]);
    expect(await second.sync('b')).toMatchObject({ outcome: 'updated', packages: 1 });
    expect(atPlain).toEqual([undefined]);
  },
);
