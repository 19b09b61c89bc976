import { hash } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { fillIn } from '../../src/base/fill-in.ts';
import { createLog } from '../../src/base/log.ts';
import type { SourceDefinition } from '../../src/base/source.ts';
import { createPackageFetcher } from '../../src/mirror/packages.ts';
import { openCatalogue } from '../../src/store/catalogue/catalogue.ts';
import { createLeases } from '../../src/store/collect/leases.ts';
import { createObjects } from '../../src/store/objects/objects.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { startUpstream, type TestUpstream } from '../support/upstream.ts';
import { setProxies, startProxy } from './proxy.ts';
import { invented, startRepository, writeRepository } from './repository.ts';
import { objectsIn } from './served.ts';

const [own, based, absolute] = ['brook', 'weir', 'sluice'].map((n) => invented(n)) as [
  ReturnType<typeof invented>,
  ReturnType<typeof invented>,
  ReturnType<typeof invented>,
];

/** An upstream with three packages, of which two lie on another server: by xml:base, and by an absolute href. */
async function startBoth(address?: (other: TestUpstream) => string) {
  const other = await startUpstream(await temporaryFolder());
  for (const pkg of [based, absolute]) {
    const place = join(other.folder, 'os', pkg.href);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, pkg.bytes);
  }
  const at = address?.(other) ?? `${other.url}os`;
  const { upstream } = await startRepository({
    only: ['primary'],
    packages: [own, based, absolute],
    edit: (_, xml) =>
      xml
        .replace(`href="${based.href}"`, `xml:base="${at}" href="${based.href}"`)
        .replace(`href="${absolute.href}"`, `href="${at}/${absolute.href}"`),
  });
  // They are nowhere else.
  upstream.fault = (request, response) => {
    if (!/weir|sluice/.test(request.url!)) return false;
    response.writeHead(404).end();
    return true;
  };
  return { upstream, other };
}

const source = (definition: Omit<SourceDefinition, 'label'>) =>
  fillIn({ label: 'a', ...definition }, '/', 'file') as Extract<
    ReturnType<typeof fillIn>,
    { kind: 'mirrored' }
  >;

/** What a package fetcher gives for every package of a source that was synced. */
async function fetchAll(definition: Omit<SourceDefinition, 'label'>) {
  const data = join(await temporaryFolder(), 'data');
  const test = await startApp([{ label: 'a', ...definition }], { data });
  expect(await test.sync('a')).toMatchObject({ outcome: 'updated', packages: 3 });
  await test.close();
  const catalogue = await openCatalogue(dataPaths(data));
  const packages = await catalogue.packages('a', 1);
  await catalogue.close();
  const pass = async () => undefined;
  const fetcher = createPackageFetcher({
    objects: createObjects(dataPaths(data)),
    packageTrust: { gate: pass, refuseKnown: pass, requireTrusted: pass },
    minFree: () => 0,
    leases: createLeases(),
    log: createLog('silent'),
  });
  const got: Record<string, unknown> = {};
  for (const pkg of packages) {
    try {
      const { size, read } = await fetcher.open(source(definition), pkg);
      const chunks: Buffer[] = [];
      for await (const chunk of read(0, size - 1)) chunks.push(chunk);
      got[pkg.name] = hash('sha256', Buffer.concat(chunks)) === pkg.checksum.value;
    } catch (error) {
      got[pkg.name] = (error as Error).message;
    }
  }
  const addresses: Record<string, string> = {};
  for (const pkg of packages) {
    addresses[pkg.name] = await fetcher.address(source(definition), pkg).catch((e) => e.kind);
  }
  await fetcher.close();
  return { got, addresses };
}

it('Packages are fetched from where the metadata says that they lie', async () => {
  const { upstream, other } = await startBoth();
  const { got, addresses } = await fetchAll({ upstream: upstream.url });
  expect(got).toEqual({ brook: true, weir: true, sluice: true });
  expect(addresses).toEqual({
    brook: `${upstream.url}${own.href}`,
    weir: `${other.url}os/${based.href}`,
    sluice: `${other.url}os/${absolute.href}`,
  });
});

it('A sync that fetches all packages fetches those as well', async () => {
  const { upstream } = await startBoth();
  const { sync, config } = await startApp([
    { label: 'a', upstream: upstream.url, packages: 'immediate' },
  ]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packagesFetched: 3 });
  const held = await objectsIn(config.data);
  for (const { bytes } of [own, based, absolute])
    expect(held.has(hash('sha256', bytes))).toBe(true);
});

it('Credentials go to the server that the source names, and to no other', async () => {
  const secret = join(await temporaryFolder(), 'secret');
  await writeFile(secret, 'sesame');
  const { upstream, other } = await startBoth();
  const seen = new Map<TestUpstream, Set<string | undefined>>();
  for (const one of [upstream, other]) {
    seen.set(one, new Set());
    const { fault } = one;
    one.fault = (request, response) => {
      seen.get(one)!.add(request.headers.authorization);
      return fault?.(request, response) ?? false;
    };
  }
  const auth = { username: 'mirror', password_file: secret };
  expect((await fetchAll({ upstream: upstream.url, auth })).got).toEqual({
    brook: true,
    weir: true,
    sluice: true,
  });
  expect([...seen.get(upstream)!]).toEqual([`Basic ${btoa('mirror:sesame')}`]);
  expect([...seen.get(other)!]).toEqual([undefined]);
});

it('They go along where the address is on that very server', async () => {
  const { upstream } = await startBoth(() => 'http://other.test');
  const home = upstream.url;
  const both = await startBoth(() => `${home}os`);
  // Serves what the other would.
  await cp(join(both.other.folder, 'os'), join(upstream.folder, 'os'), { recursive: true });
  await cp(join(both.upstream.folder, 'repodata'), join(upstream.folder, 'repodata'), {
    recursive: true,
  });
  const seen = new Set<string | undefined>();
  upstream.fault = (request) => {
    seen.add(request.headers.authorization);
    return false;
  };
  const { got } = await fetchAll({ upstream: home.replace('//', '//mirror:sesame@') });
  expect(got).toEqual({ brook: true, weir: true, sluice: true });
  expect([...seen]).toEqual([`Basic ${btoa('mirror:sesame')}`]);
});

it('A public upstream leads to no private address', async () => {
  const proxy = await startProxy();
  setProxies({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: '127.0.0.1' });
  const { upstream, other } = await startBoth();
  const { got } = await fetchAll({ upstream: upstream.url.replace('127.0.0.1', 'public.test') });
  expect(got).toEqual({
    brook: true,
    weir: expect.stringMatching(/127\.0\.0\.1 is a private or local address/),
    sluice: expect.stringMatching(/127\.0\.0\.1 is a private or local address/),
  });
  expect(other.requests).toEqual([]);
});

it('Files are read for an upstream that is a folder, and below it alone', async () => {
  const outside = await temporaryFolder();
  await writeFile(join(outside, 'weir-1-1.noarch.rpm'), based.bytes);
  for (const [at, there] of [
    [(folder: string) => `file://${folder}/os`, true],
    [() => `file://${outside}`, false],
  ] as const) {
    const { upstream, other } = await startBoth(() => 'AT');
    const { folder } = upstream;
    await cp(join(other.folder, 'os'), join(folder, 'os'), { recursive: true });
    await writeRepository(folder, {
      only: ['primary'],
      packages: [own, based, absolute],
      time: 1_800_000_000,
      edit: (_, xml) =>
        xml
          .replace(`href="${based.href}"`, `xml:base="${at(folder)}" href="${based.href}"`)
          .replace(`href="${absolute.href}"`, `href="${at(folder)}/${absolute.href}"`),
    });
    const { got } = await fetchAll({ upstream: `file:${folder}/` });
    const refused = expect.stringContaining('which is not fetched');
    const expected = there ? true : refused;
    expect(got).toEqual({ brook: true, weir: expected, sluice: expected });
    // Nor does one on the net lead to files.
    const { got: over } = await fetchAll({ upstream: upstream.url });
    expect(over).toEqual({ brook: true, weir: refused, sluice: refused });
  }
});
