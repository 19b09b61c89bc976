import { hash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { fillIn } from '../../src/base/fill-in.ts';
import { createLog } from '../../src/base/log.ts';
import { createPackageFetcher } from '../../src/mirror/packages.ts';
import { createLeases } from '../../src/store/collect/leases.ts';
import { createObjects } from '../../src/store/objects/objects.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { type Fault, startUpstream, type TestUpstream } from '../support/upstream.ts';
import { invented, startRepository } from './repository.ts';
import { expectTidy, objectsIn } from './served.ts';

const pkg = invented('brook', '1', 200_000);

/** A server with one mirrored source whose package is not held yet. */
async function mirrored(bases = 1, checksum: 'sha256' | 'sha512' = 'sha256') {
  const { upstream } = await startRepository({ only: ['primary'], packages: [pkg], checksum });
  const upstreams = [upstream];
  while (upstreams.length < bases) upstreams.push(await startUpstream(upstream.folder));
  const test = await startApp([{ label: 'a', upstream: upstreams.map((u) => u.url) }]);
  expect(await test.sync('a')).toMatchObject({ outcome: 'updated' });
  for (const u of upstreams) u.requests.length = 0;
  const address = `${test.url}/channels/a/${pkg.href}`;
  return { ...test, upstream, upstreams, address };
}

/** A fault that concerns the package alone. */
const onPackage =
  (fault: Fault): Fault =>
  (request, response) =>
    request.url!.endsWith('.rpm') ? fault(request, response) : false;

/** Sends the package's first half, and the rest when told to. */
function halfway(upstream: TestUpstream) {
  const gate = Promise.withResolvers<void>();
  upstream.fault = onPackage((_, response) => {
    response.writeHead(200, { 'content-length': pkg.bytes.length });
    response.write(pkg.bytes.subarray(0, 100_000));
    void gate.promise.then(() => response.end(pkg.bytes.subarray(100_000)));
    return true;
  });
  return gate.resolve;
}

const rpmRequests = (upstream: TestUpstream) =>
  upstream.requests.filter((r) => r.endsWith('.rpm')).length;

/** Opens a request and gives its answer as soon as the headers are there. */
async function opened(address: string): Promise<IncomingMessage> {
  const [response] = await once(get(address, { agent: false }), 'response');
  return response as IncomingMessage;
}

const whole = (address: string) => fetch(address).then(async (r) => Buffer.from(await r.bytes()));

it('fetches a package once however many clients ask for it at once', async () => {
  const { upstream, address } = await mirrored();
  const finish = halfway(upstream);
  const answers = Array.from({ length: 20 }, () => whole(address));
  await vi.waitFor(() => expect(rpmRequests(upstream)).toBe(1));
  setTimeout(finish, 100);
  for (const bytes of await Promise.all(answers)) expect(pkg.bytes.equals(bytes)).toBe(true);
  expect(pkg.bytes.equals(await whole(address))).toBe(true);
  expect(rpmRequests(upstream)).toBe(1);
});

it('passes bytes on before the upstream has sent the last', async () => {
  const { upstream, address } = await mirrored();
  const finish = halfway(upstream);
  const response = await opened(address);
  expect(response.headers['content-length']).toBe(String(pkg.bytes.length));
  const received: Buffer[] = [];
  for await (const chunk of response) {
    received.push(chunk);
    if (Buffer.concat(received).length === 100_000) finish();
  }
  expect(pkg.bytes.equals(Buffer.concat(received))).toBe(true);
});

it('breaks an answer off that turns out wrong, keeps nothing of it, and does better the next time', async () => {
  const { upstream, address, config, logged } = await mirrored();
  const wrong = Buffer.from(pkg.bytes);
  wrong[199_990]! ^= 1;
  upstream.fault = onPackage((_, response) => !!response.end(wrong));
  const before = await objectsIn(config.data);
  await expect(whole(address)).rejects.toThrow();
  await expectTidy(config.data);
  expect([...(await objectsIn(config.data)).keys()]).toEqual([...before.keys()]);
  expect(JSON.stringify(logged)).toContain('package not fetched');

  upstream.fault = undefined;
  expect(pkg.bytes.equals(await whole(address))).toBe(true);
});

it('answers 502 with a sentence where the upstream refuses before the first byte, and 404 where it has none', async () => {
  const { upstream, address } = await mirrored();
  for (const [code, answered] of [
    [403, 502],
    [404, 404],
  ] as const) {
    upstream.fault = onPackage((_, response) => !!response.writeHead(code).end());
    const response = await fetch(address);
    expect(response.status).toBe(answered);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).not.toContain('internal error');
  }
});

it('goes on with the fetch for the others when the client that started it hangs up', async () => {
  const { upstream, address } = await mirrored();
  const finish = halfway(upstream);
  const first = await opened(address);
  const second = whole(address);
  first.destroy();
  setTimeout(finish, 50);
  expect(pkg.bytes.equals(await second)).toBe(true);
  expect(rpmRequests(upstream)).toBe(1);
});

it('ends the fetch and keeps the package when every client has hung up', async () => {
  const { upstream, address, config } = await mirrored();
  const finish = halfway(upstream);
  (await opened(address)).destroy();
  finish();
  await vi.waitFor(async () => expect(await readdir(join(config.data, 'tmp'))).toEqual([]));
  upstream.fault = onPackage((_, response) => !!response.writeHead(500).end());
  expect(pkg.bytes.equals(await whole(address))).toBe(true);
});

it('continues from the next mirror what one broke off in the middle', async () => {
  const { upstreams, address } = await mirrored(2);
  const [broken, good] = upstreams as [TestUpstream, TestUpstream];
  broken.fault = onPackage((_, response) => {
    response.writeHead(200, { 'content-length': pkg.bytes.length });
    response.write(pkg.bytes.subarray(0, 100_000), () => response.destroy());
    return true;
  });
  expect(pkg.bytes.equals(await whole(address))).toBe(true);
  expect(rpmRequests(broken)).toBe(3);
  expect(rpmRequests(good)).toBe(1);
});

it('gets a package from the next mirror where the first hands out wrong bytes', async () => {
  const { upstreams, address } = await mirrored(2);
  const [bad, good] = upstreams as [TestUpstream, TestUpstream];
  const wrong = Buffer.from(pkg.bytes);
  wrong[100]! ^= 1;
  bad.fault = onPackage((_, response) => !!response.end(wrong));
  // Who holds wrong bytes already is cut off; who asks again gets the right ones.
  await whole(address).catch(() => {});
  await vi.waitFor(async () => expect(pkg.bytes.equals(await whole(address))).toBe(true));
  expect(rpmRequests(good)).toBe(1);
});

it('asks a mirror once more whose right bytes came after wrong ones of another', async () => {
  const { upstreams, address, config } = await mirrored(2);
  const [bad, good] = upstreams as [TestUpstream, TestUpstream];
  bad.fault = onPackage((_, response) => {
    response.writeHead(200, { 'content-length': pkg.bytes.length });
    response.write(Buffer.alloc(1000), () => setTimeout(() => response.destroy(), 50));
    return true;
  });
  await expect(whole(address)).rejects.toThrow();
  const name = hash('sha256', pkg.bytes);
  await vi.waitFor(
    async () => expect([...(await objectsIn(config.data)).keys()]).toContain(name),
    20_000,
  );
  expect(rpmRequests(good)).toBe(2);
});

it('gives all of a package whose size the metadata says too small, also where the upstream says none', async () => {
  const edit = (type: string, xml: string) =>
    type === 'primary' ? xml.replace(/size package="\d+"/, 'size package="10"') : xml;
  const { upstream } = await startRepository({ only: ['primary'], packages: [pkg], edit });
  const { url, sync } = await startApp([{ label: 'a', upstream: upstream.url }]);
  await sync('a');
  upstream.fault = onPackage((_, response) => {
    response.writeHead(200).write(pkg.bytes.subarray(0, 100_000));
    response.end(pkg.bytes.subarray(100_000));
    return true;
  });
  const answer = await fetch(`${url}/channels/a/${pkg.href}`);
  expect(Buffer.from(await answer.arrayBuffer()).equals(pkg.bytes)).toBe(true);
});

it('knows a package again that is named by sha512', async () => {
  const { upstream, address, config } = await mirrored(1, 'sha512');
  expect(pkg.bytes.equals(await whole(address))).toBe(true);
  expect(pkg.bytes.equals(await whole(address))).toBe(true);
  expect(rpmRequests(upstream)).toBe(1);
  await vi.waitFor(() => expectTidy(config.data));
});

it('does not take for whole what one mirror announced too short and another sent', async () => {
  const { upstreams, address } = await mirrored(2);
  const [short, good] = upstreams as [TestUpstream, TestUpstream];
  short.fault = onPackage((_, response) => {
    response.writeHead(200, { 'content-length': 300 }).flushHeaders();
    setTimeout(() => response.destroy(), 50);
    return true;
  });
  await expect(whole(address)).rejects.toThrow();
  await vi.waitFor(async () => expect(pkg.bytes.equals(await whole(address))).toBe(true));
  expect(rpmRequests(good)).toBe(1);
});

it('remembers mirrors, and which of them is dead, from one package to the next', async () => {
  const packages = [pkg, invented('weir'), invented('sluice')];
  const { upstream } = await startRepository({ only: ['primary'], packages });
  const dead = await startUpstream(upstream.folder);
  await writeFile(join(upstream.folder, 'list'), `${dead.url}\n${upstream.url}\n`);
  const { sync, url } = await startApp([{ label: 'a', mirrorlist: `${upstream.url}list` }]);
  await sync('a');
  dead.requests.length = 0;
  upstream.requests.length = 0;
  dead.fault = (_, response) => !!response.writeHead(503).end();
  for (const { href, bytes } of packages) {
    expect(bytes.equals(await whole(`${url}/channels/a/${href}`))).toBe(true);
  }
  expect(upstream.requests.filter((r) => r === '/list')).toHaveLength(1);
  expect(new Set(dead.requests)).toEqual(new Set([`/${pkg.href}`]));
});

it('breaks off what is under way when it is closed, and leaves nothing half-written', async () => {
  const { upstream } = await startRepository({ only: ['primary'], packages: [pkg] });
  const folder = await temporaryFolder();
  const objects = createObjects(dataPaths(folder));
  const log = createLog('silent');
  const pass = async () => undefined;
  const packageTrust = { gate: pass, refuseKnown: pass, requireTrusted: pass };
  const fetcher = createPackageFetcher({
    ...{ objects, packageTrust, log, minFree: () => 0 },
    leases: createLeases(),
  });
  halfway(upstream);
  const source = fillIn({ label: 'a', upstream: upstream.url }, '/', 'file');
  const checksum = { type: 'sha256' as const, value: hash('sha256', pkg.bytes) };
  const { size, read } = await fetcher.open(source, {
    checksum,
    size: pkg.bytes.length,
    location: pkg.href,
    name: pkg.name,
  });
  let received = 0;
  const reading = (async () => {
    for await (const chunk of read(0, size - 1)) received += chunk.length;
  })();
  reading.catch(() => {});
  await vi.waitFor(() => expect(received).toBeGreaterThan(0));
  await fetcher.close();
  await expect(reading).rejects.toMatchObject({ kind: 'cancelled' });
  expect(await objects.findBy(checksum)).toBeUndefined();
  await expectTidy(folder);
});
