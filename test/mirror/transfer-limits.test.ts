import { createServer as createTcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, it, vi } from 'vitest';
import type { Limits } from '../../src/base/limits.ts';
import { defaultLimits } from '../../src/cli/limits-section.ts';
import type { Fault } from '../support/upstream.ts';
import { failed, packages, synced } from './limited.ts';
import { listen } from './proxy.ts';
import { invented, writeRepository } from './repository.ts';

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
