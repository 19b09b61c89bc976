import { createServer as createTcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, it, vi } from 'vitest';
import type { Limits } from '../../src/base/limits.ts';
import type { SourceDefinition } from '../../src/base/source.ts';
import { defaultLimits } from '../../src/cli/limits-section.ts';
import { startApp } from '../support/app.ts';
import type { Fault } from '../support/upstream.ts';
import { listen } from './proxy.ts';
import {
  invented,
  type RepositoryOptions,
  startRepository,
  writeRepository,
} from './repository.ts';

const packages = [invented('brook'), invented('weir'), invented('sluice')];

/** A sync of a repository under other limits than usual. */
async function synced(
  change: Partial<Limits>,
  repository: Partial<RepositoryOptions> = {},
  { fault, ...source }: Partial<SourceDefinition> & { fault?: Fault } = {},
) {
  const { upstream } = await startRepository({ packages, advisories: ['A-1'], ...repository });
  upstream.fault = fault;
  const limits = { ...defaultLimits, ...change };
  const test = await startApp([{ label: 'a', upstream: upstream.url, ...source }], { limits });
  const result = await test.sync('a');
  return { ...test, upstream, result };
}

const failed = async (...args: Parameters<typeof synced>) => {
  const { result } = await synced(...args);
  expect(result).toMatchObject({ outcome: 'failed' });
  expect(result.reason).toMatch(/^source a: /);
  return { kind: result.kind, reason: result.reason };
};

/** Lists the primary document under another type too, as if it were one of those. */
const alsoAs = (type: string) => ({
  editRepomd: (xml: string) =>
    xml.replace(/(<data type=")primary(".*?<\/data>)/, `$1primary$2$1${type}$2`),
});

it.each([
  ['primary', 'primary'],
  ['filelists', 'filelists'],
  ['other', 'other'],
  ['updateinfo', 'updateinfo'],
] as const)('a larger %s than limits.%s is refused', async (type, key) => {
  const { kind, reason } = await failed({ [key]: 50 });
  expect(kind).toBe('limit');
  expect(reason).toMatch(new RegExp(`-${type}.xml.gz is larger than 50 bytes: .*limits in the`));
});

it.each([
  ['group', 'comps'],
  ['group_gz', 'comps'],
  ['modules', 'modules'],
  ['productid', 'document'],
] as const)('a larger %s than limits.%s is refused', async (type, key) => {
  const { kind, reason } = await failed({ [key]: 50 }, alsoAs(type));
  expect(kind).toBe('limit');
  expect(reason).toContain('is larger than 50 bytes');
});

it('a larger repomd.xml than limits.smallDocument is refused', async () => {
  const { kind, reason } = await failed({ smallDocument: 100 });
  expect(kind).toBe('limit');
  expect(reason).toContain('repomd.xml is larger than 100 bytes');
});

it('a document that says it is too large is refused before its bytes come', async () => {
  let sent = 0;
  const { kind } = await failed(
    { primary: 1000 },
    {},
    {
      fault: (request, response) => {
        if (!request.url!.includes('primary')) return false;
        response.writeHead(200, { 'content-length': 100_000_000 });
        const timer = setInterval(() => {
          response.write(Buffer.alloc(500));
          sent += 500;
        }, 200);
        response.on('close', () => clearInterval(timer));
        return true;
      },
    },
  );
  expect(kind).toBe('limit');
  expect(sent).toBeLessThanOrEqual(500);
});

const long = (xml: string) => xml.replace('</metadata>', `${' '.repeat(2_000_000)}</metadata>`);
const onPrimary = (change: (xml: string) => string) => ({
  only: ['primary'] as RepositoryOptions['only'] & {},
  edit: (type: string, xml: string) => (type === 'primary' ? change(xml) : xml),
});

it('a document that opens to more than limits.openDocument, or by a greater ratio, is refused', async () => {
  for (const change of [{ openDocument: 1_000_000 }, { openRatio: 10 }]) {
    const { kind, reason } = await failed(change, onPrimary(long));
    expect(kind).toBe('limit');
    expect(reason).toContain('opens to more than is allowed');
  }
  const { result } = await synced({ openDocument: 3_000_000 }, onPrimary(long));
  expect(result).toMatchObject({ outcome: 'updated' });
});

it('modules that open to more than limits.openModules are refused', async () => {
  expect(await failed({ openModules: 300 }, alsoAs('modules'))).toMatchObject({ kind: 'invalid' });
});

it('comps that open to more than limits.wholeDocument are set aside', async () => {
  const { result } = await synced({ wholeDocument: 300 }, alsoAs('group'));
  expect(result).toMatchObject({ outcome: 'updated', setAsideCount: 1 });
  expect(result.setAside[0]).toMatchObject({
    document: 'group',
    reason: expect.stringContaining('opens to more than is allowed'),
  });
});

it('a primary with more packages than limits.packages is refused', async () => {
  const { kind, reason } = await failed({ packages: 2 }, { only: ['primary'] });
  expect(kind).toBe('limit');
  expect(reason).toMatch(/primary.xml.gz has more than 2 packages: .*limits.packages/);
  const { result } = await synced({ packages: 3 });
  expect(result).toMatchObject({ outcome: 'updated', packages: 3, warnings: [] });
});

it('an element of more bytes than limits.element is refused', async () => {
  const { kind, reason } = await failed({ element: 400 }, { only: ['primary'] });
  expect(kind).toBe('limit');
  expect(reason).toContain('has an element of more than 400 bytes');
});

it('an element deeper than limits.elementDepth is set aside, and such a repomd.xml refused', async () => {
  const nested = `<x>${'<y>'.repeat(20)}<!-- -->${'</y>'.repeat(20)}</x>`;
  const deep = onPrimary((xml) => xml.replace('<format>', `${nested}<format>`));
  const { result } = await synced({ elementDepth: 15 }, deep);
  expect(result).toMatchObject({ outcome: 'updated', packages: 2, setAsideCount: 1 });
  expect(result.setAside[0]!.reason).toMatch(/nested/);
  expect((await synced({ elementDepth: 40 }, deep)).result).toMatchObject({ packages: 3 });
  const { kind, reason } = await failed(
    { elementDepth: 15 },
    { editRepomd: (xml) => xml.replace('</repomd>', `${nested}</repomd>`) },
  );
  expect(kind).toBe('invalid');
  expect(reason).toMatch(/nested/);
});

it('a package larger than limits.package is refused, by the sync and to clients', async () => {
  const { result, url } = await synced({ package: 2999 }, {}, { packages: 'immediate' });
  expect(result).toMatchObject({ outcome: 'failed', kind: 'limit' });
  expect(result.reason).toContain('is larger than 2999 bytes');
  const answer = await fetch(`${url}/channels/a/${packages[0]!.href}`);
  expect(answer.status).toBe(502);
  expect(await answer.text()).toContain('is larger than 2999 bytes');
});

it('more redirects than limits.redirects are not followed', async () => {
  const fault: Fault = (request, response) => {
    const hops = Number(new URL(request.url!, 'http://x').searchParams.get('hop') ?? 0);
    if (!request.url!.includes('repomd.xml') || hops >= 2) return false;
    return !!response.writeHead(302, { location: `?hop=${hops + 1}` }).end();
  };
  expect((await synced({ redirects: 2 }, {}, { fault })).result.outcome).toBe('updated');
  const { kind, reason } = await failed({ redirects: 1 }, {}, { fault });
  expect(kind).toBe('refused');
  expect(reason).toContain('redirects more than 1 times');
});

it('a connection that takes longer than limits.connectTime is given up', async () => {
  const silent = createTcpServer((socket) => void sleep(2000).then(() => socket.destroy()));
  const port = await listen(silent);
  const started = performance.now();
  const { kind, reason } = await failed(
    { connectTime: 200, tries: 1 },
    {},
    { upstream: `https://127.0.0.1:${port}/` },
  );
  expect(kind).toBe('unreachable');
  expect(reason).toContain('no answer in time');
  expect(performance.now() - started).toBeLessThan(12_000);
});

const answerNever: Fault = () => true;
const stall: Fault = (_, response) => {
  response.writeHead(200, { 'content-length': 1000 }).write('x');
  return true;
};
/** A byte every so often, for ever. */
const drip: Fault = (_, response) => {
  response.writeHead(200, { etag: '"x"' });
  const timer = setInterval(() => response.write('x'), 50);
  response.on('close', () => clearInterval(timer));
  return true;
};

it.each([
  ['responseTime', answerNever],
  ['stallTime', stall],
  ['totalTime', drip],
] as const)('an answer that takes longer than limits.%s is given up', async (key, fault) => {
  const started = performance.now();
  const { kind } = await failed({ [key]: 300, tries: 1 }, {}, { fault });
  expect(kind).toMatch(/^(unreachable|limit)$/);
  expect(performance.now() - started).toBeGreaterThan(300);
  expect(performance.now() - started).toBeLessThan(12_000);
});

it('a transfer that breaks off again and again ends when limits.totalTime is over', async () => {
  let asked = 0;
  const fault: Fault = (request, response) => {
    if (!request.url!.includes('primary')) return false;
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    asked++;
    const range = { 'content-range': `bytes ${from}-999999/1000000` };
    response.writeHead(from ? 206 : 200, {
      etag: '"x"',
      'content-length': 1_000_000 - from,
      ...(from && range),
    });
    response.write('x', () => setTimeout(() => response.destroy(), 30));
    return true;
  };
  const { kind, reason } = await failed({ totalTime: 3000 }, {}, { fault });
  expect(kind).toBe('limit');
  expect(reason).toContain('no time is left');
  expect(asked).toBeGreaterThan(2);
  expect(asked).toBeLessThan(60);
});

it('a mirror that fails is tried limits.tries times', async () => {
  for (const tries of [1, 2]) {
    let asked = 0;
    const fault: Fault = (_, response) => {
      asked++;
      return !!response.writeHead(503).end();
    };
    await failed({ tries }, {}, { fault });
    expect(asked).toBe(tries);
  }
});

it('a sync starts again limits.restarts times when the upstream changes in the middle', async () => {
  for (const restarts of [0, 1]) {
    let version = 0;
    let primaries = 0;
    const fault: Fault = (request, response) => {
      if (request.url!.includes('repomd.xml')) {
        const xml = `<repomd><revision>${version++}</revision><data type="primary"><checksum type="sha256">${'0'.repeat(64)}</checksum><location href="repodata/p"/></data></repomd>`;
        return !!(request.url!.endsWith('asc') ? response.writeHead(404) : response).end(
          request.url!.endsWith('asc') ? '' : xml,
        );
      }
      primaries++;
      return !!response.end(gzipSync('x'));
    };
    await failed({ restarts }, {}, { fault });
    expect(primaries).toBe(restarts + 1);
  }
});

/** How many requests for a path are answered at a time at most; each takes a moment. */
function crowd(part: RegExp) {
  const seen = { now: 0, most: 0 };
  const fault: Fault = async (request) => {
    if (!part.test(request.url!)) return false;
    seen.most = Math.max(seen.most, ++seen.now);
    await sleep(300);
    seen.now--;
    return false;
  };
  return { seen, fault };
}

const many = Array.from({ length: 12 }, (_, i) => invented(`brook${i}`));

it.each([
  [{ parallelFetches: 2 }, 2],
  [{ parallelFetches: 12, downloads: 4 }, 3],
  [{ parallelFetches: 12, downloadsPerHost: 8 }, 6],
  [{ parallelFetches: 12, downloads: 1 }, 1],
] as const)('a sync under %o fetches %i packages at a time', async (change, most) => {
  const { seen, fault } = crowd(/rpm$/);
  const { result } = await synced(
    change,
    { packages: many, only: ['primary'] },
    { packages: 'immediate', fault },
  );
  expect(result).toMatchObject({ outcome: 'updated', warnings: [] });
  expect(seen.most).toBe(most);
});

it.each([
  [{ parallelPackages: 2 }, 2],
  [{ downloads: 3 }, 3],
  [{ downloadsPerHost: 5 }, 5],
] as const)('clients under %o have %i packages fetched at a time', async (change, most) => {
  const { seen, fault } = crowd(/rpm$/);
  const { url } = await synced(change, { packages: many, only: ['primary'] }, { fault });
  const answers = await Promise.all(
    many.map(({ href }) => fetch(`${url}/channels/a/${href}`).then((r) => r.bytes())),
  );
  for (const [i, bytes] of answers.entries()) expect(many[i]!.bytes.equals(bytes)).toBe(true);
  expect(seen.most).toBe(most);
});

it('takes changed limits over with the configuration, in its threads too', async () => {
  const { app, config, sync, upstream } = await synced({}, { only: ['primary'] });
  const reload = (change: Partial<Limits>) =>
    app.reload({ ...config, limits: { ...defaultLimits, ...change } });
  upstream.fault = undefined;
  const publish = (time: number) =>
    writeRepository(upstream.folder, {
      packages: [...packages, invented(`eddy${time}`)],
      only: ['primary'],
      time: 1_700_000_000 + time,
    });
  await publish(1);
  await reload({ packages: 3 });
  expect(await sync('a')).toMatchObject({ outcome: 'failed', kind: 'limit' });
  await reload({ smallDocument: 10 });
  expect(await sync('a')).toMatchObject({ outcome: 'failed', kind: 'limit' });
  await reload({});
  expect(await sync('a')).toMatchObject({ outcome: 'updated', packages: 4 });
});

it('looks at the free space while a long transfer goes on', async () => {
  const big = invented('reservoir', '1', 60_000_000);
  const { app, config, url, upstream } = await synced({}, { packages: [big], only: ['primary'] });
  let sent = 0;
  upstream.fault = async (request, response) => {
    if (!request.url!.endsWith('rpm')) return false;
    response.writeHead(200, { 'content-length': big.bytes.length });
    for (let at = 0; at < big.bytes.length && !response.destroyed; at += 1_000_000) {
      if (at === 5_000_000) await app.reload({ ...config, minFree: 2 ** 60 });
      const piece = big.bytes.subarray(at, at + 1_000_000);
      await new Promise<void>((resolve) => response.write(piece, () => resolve()));
      sent += 1_000_000;
    }
    response.end();
    return true;
  };
  await expect(fetch(`${url}/channels/a/${big.href}`).then((r) => r.bytes())).rejects.toThrow();
  await vi.waitFor(() => expect(sent).toBeGreaterThan(10_000_000), 20_000);
  expect(sent).toBeLessThan(50_000_000);
  const refused = await fetch(`${url}/channels/a/${big.href}`);
  expect(refused.status).toBe(503);
});
