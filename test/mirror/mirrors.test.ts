import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startApp, temporaryFolder } from '../support/app.ts';
import { type Fault, startUpstream } from '../support/upstream.ts';
import { invented, startRepository, writeRepository } from './repository.ts';

const packages = [invented('brook'), invented('weir')];

/** An address where nothing listens. */
async function deadAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/`;
}

const failing: Fault = (_, response) => {
  response.writeHead(503).end();
  return true;
};

it('goes on with the next base URL where the first is dead', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const { sync, url } = await startApp([
    { label: 'a', upstream: [await deadAddress(), upstream.url] },
  ]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 2 });
  const rpm = await fetch(`${url}/channels/a/${packages[0]!.href}`).then((r) => r.bytes());
  expect(packages[0]!.bytes.equals(rpm)).toBe(true);
});

it('asks a failing mirror for repomd.xml only, and then the one that gave it', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const bad = await startUpstream(upstream.folder);
  bad.fault = failing;
  const { sync } = await startApp([{ label: 'a', upstream: [bad.url, upstream.url] }]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated' });
  expect(new Set(bad.requests)).toEqual(new Set(['/repodata/repomd.xml']));
  expect(bad.requests).toHaveLength(3);
});

it('tells of the last mirror where all fail', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  upstream.fault = failing;
  const { sync } = await startApp([
    { label: 'a', upstream: [await deadAddress(), upstream.url.replace('//', '//user:secret@')] },
  ]);
  const result = await sync('a');
  expect(result).toMatchObject({ outcome: 'failed', kind: 'refused' });
  expect(result.reason).toContain(`source a: ${upstream.url}repodata/repomd.xml answered 503`);
});

const wrong: [string, RegExp, string][] = [
  ['a parked page for repomd.xml', /repomd\.xml$/, '<!doctype html><title>Parked</title>'],
  ['other bytes for a document', /primary\.xml\.gz$/, 'other bytes'],
];
it.for(wrong)('goes on with the next mirror where one hands out %s', async ([, path, body]) => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const bad = await startUpstream(upstream.folder);
  bad.fault = (request, response) => {
    if (!path.test(request.url!)) return false;
    response.end(body);
    return true;
  };
  const { sync } = await startApp([{ label: 'a', upstream: [bad.url, upstream.url] }]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 2, warnings: [] });
  expect(bad.requests.some((r) => path.test(r))).toBe(true);
});

it('reads a mirrorlist over HTTP and from a file', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const list = `# mirrors\nftp://ftp.example.org/x/\n\n${await deadAddress()}\n${upstream.url}\n`;
  await writeFile(join(upstream.folder, 'list'), list);
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'my list'), list);
  const { sync } = await startApp([
    { label: 'a', mirrorlist: `${upstream.url}list` },
    { label: 'b', mirrorlist: `file:${folder}/my%20list` },
  ]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 2 });
  expect(await sync('b')).toMatchObject({ outcome: 'updated', packages: 2 });
});

it('names the mirrorlist that is none, without credentials', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const answers: Record<string, Fault> = {
    '/html': (_, r) => !!r.end('<html>sign in</html>'),
    '/empty': (_, r) => !!r.end('# none today\n'),
    '/absent': (_, r) => !!r.writeHead(404).end(),
    '/unasked': (_, r) => !!r.writeHead(304).end(),
  };
  upstream.fault = (request, response) => answers[request.url!]!(request, response);
  const address = upstream.url.replace('//', '//user:secret@');
  for (const kind of ['mirrorlist', 'metalink'] as const) {
    const { sync } = await startApp(
      Object.keys(answers).map((path) => ({
        label: path.slice(1),
        [kind]: address + path.slice(1),
      })),
    );
    for (const path of Object.keys(answers)) {
      const result = await sync(path.slice(1));
      expect(result).toMatchObject({ outcome: 'failed' });
      expect(result.reason).toContain(`source ${path.slice(1)}: ${upstream.url}${path.slice(1)}`);
      expect(result.reason).not.toContain('secret@');
      expect(result.reason).toMatch(/check/);
    }
  }
});

it('does not go back where the first mirror has not got yet what another gave', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const newer = await startUpstream(await temporaryFolder());
  await writeRepository(newer.folder, {
    only: ['primary'],
    packages: packages.slice(1),
    time: 1_700_000_100,
  });
  const { sync, url } = await startApp([{ label: 'a', upstream: [upstream.url, newer.url] }]);
  await sync('a');
  upstream.fault = failing;
  expect(await sync('a')).toMatchObject({ outcome: 'updated', revision: 2, packagesRemoved: 1 });
  upstream.fault = undefined;
  const late = await sync('a');
  expect(late.outcome).not.toBe('updated');
  const repomd = await fetch(`${url}/channels/a/repodata/repomd.xml`).then((r) => r.text());
  expect(repomd).toBe(await readFile(join(newer.folder, 'repodata/repomd.xml'), 'utf8'));
});

it.each([
  [
    'wrong checksums',
    (xml: string) => xml.replace(/(<checksum type="sha256">)[0-9a-f]{8}/g, '$100000000'),
  ],
  [
    'a primary that nobody has',
    (xml: string) => xml.replace(/href="[^"]*primary/, 'href="repodata/none'),
  ],
  ['no primary', (xml: string) => xml.replace('type="primary"', 'type="secondary"')],
])('a mirror whose repomd.xml lists %s gives way to the next', async (_, editRepomd) => {
  const packages = [invented('brook'), invented('weir')];
  const { upstream: bad } = await startRepository({
    packages: [],
    time: 1_900_000_000,
    editRepomd,
  });
  const { upstream: good } = await startRepository({ packages });
  const { sync } = await startApp([{ label: 'a', upstream: [bad.url, good.url] }]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 2 });
  bad.requests.length = 0;
  expect(await sync('a')).toMatchObject({ outcome: 'unchanged' });
  // It rests.
  expect(bad.requests).toEqual([]);
});
