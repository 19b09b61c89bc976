import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { defaultLimits } from '../../src/cli/limits-section.ts';
import { startApp } from '../support/app.ts';
import { type Fault, startUpstream } from '../support/upstream.ts';
import { invented, startRepository, writeRepository } from './repository.ts';

const packages = [invented('brook'), invented('weir')];
const failing: Fault = (_, response) => !!response.writeHead(503).end();

/** A source with a bad mirror before a good one, and another source with the same. */
async function twoMirrors(
  change: Partial<typeof defaultLimits> = {},
  policy: 'on_demand' | 'none' = 'on_demand',
) {
  const { upstream: good } = await startRepository({ only: ['primary'], packages });
  const bad = await startUpstream(good.folder);
  const limits = {
    ...defaultLimits,
    tries: 1,
    restTime: 60_000,
    longestRest: 3_600_000,
    ...change,
  };
  const upstream = [bad.url, good.url];
  const test = await startApp(
    [
      { label: 'a', upstream, packages: policy },
      { label: 'b', upstream },
    ],
    { limits },
  );
  /** Syncs, and gives how often each mirror was asked. */
  const asked = async (label = 'a') => {
    bad.requests.length = 0;
    good.requests.length = 0;
    const { outcome } = await test.sync(label);
    return { outcome, bad: bad.requests.length, good: good.requests.length };
  };
  return { ...test, bad, good, asked };
}

/** Lets so many seconds pass, as far as the time of day tells. */
function later(seconds: number): void {
  const now = Date.now() + seconds * 1000;
  vi.useFakeTimers({ toFake: ['Date'] }).setSystemTime(now);
  onTestFinished(() => void vi.useRealTimers());
}

it('lets a mirror rest that failed, twice as long each time, and uses it again when it works', async () => {
  const { bad, asked } = await twoMirrors();
  bad.fault = failing;
  expect(await asked()).toMatchObject({ outcome: 'updated', bad: 1 });
  expect(await asked()).toEqual({ outcome: 'unchanged', bad: 0, good: 1 });
  later(61);
  expect(await asked()).toEqual({ outcome: 'unchanged', bad: 1, good: 1 });
  later(61);
  expect(await asked()).toEqual({ outcome: 'unchanged', bad: 0, good: 1 });
  later(61);
  bad.fault = undefined;
  expect(await asked()).toEqual({ outcome: 'unchanged', bad: 1, good: 0 });
  // What is over is forgotten: the next failure rests as the first did.
  bad.fault = failing;
  expect(await asked()).toMatchObject({ bad: 1, good: 1 });
  later(61);
  bad.fault = undefined;
  expect(await asked()).toMatchObject({ bad: 1, good: 0 });
});

it('rests for no longer than limits.longestRest', async () => {
  const { bad, asked } = await twoMirrors({ restTime: 60_000, longestRest: 61_000 });
  bad.fault = failing;
  for (let i = 0; i < 5; i++) {
    expect(await asked()).toMatchObject({ bad: 1 });
    later(62);
  }
});

it('lets a mirror rest for one source, not for another', async () => {
  const { bad, asked } = await twoMirrors();
  bad.fault = failing;
  expect(await asked('a')).toMatchObject({ bad: 1 });
  expect(await asked('a')).toMatchObject({ bad: 0 });
  expect(await asked('b')).toMatchObject({ bad: 1 });
});

it('asks all mirrors all the same when all rest', async () => {
  const { bad, good, asked } = await twoMirrors();
  bad.fault = failing;
  good.fault = failing;
  expect(await asked()).toEqual({ outcome: 'failed', bad: 1, good: 1 });
  expect(await asked()).toEqual({ outcome: 'failed', bad: 1, good: 1 });
  bad.fault = undefined;
  expect(await asked()).toMatchObject({ outcome: 'updated', good: 0 });
});

const on =
  (part: RegExp, fault: Fault): Fault =>
  (request, response) =>
    part.test(request.url!) && fault(request, response);

it.each<[string, Fault, number]>([
  ['breaks the connection', (request) => !!request.socket.destroy(), 0],
  ['does not answer', () => true, 0],
  [
    'stalls',
    (_, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('x');
      return true;
    },
    0,
  ],
  ['wants less to do', (_, response) => !!response.writeHead(429).end(), 0],
  ['hands out wrong bytes', on(/primary/, (_, response) => !!response.end('x')), 0],
  ['is parked', on(/repomd/, (_, response) => !!response.end('<!doctype html>')), 0],
  ['has not got a document yet', on(/primary/, (_, r) => !!r.writeHead(404).end()), 1],
])('a mirror that %s gives way to the next', async (_, fault, askedAgain) => {
  const { bad, good, asked } = await twoMirrors({
    responseTime: 1500,
    stallTime: 1500,
  });
  bad.fault = fault;
  expect(await asked()).toMatchObject({ outcome: 'updated' });
  expect(bad.requests.length).toBeGreaterThan(0);
  await writeRepository(good.folder, { only: ['primary'], packages: [], time: 1_700_000_100 });
  expect(await asked()).toMatchObject({ outcome: 'updated' });
  expect(bad.requests.filter((path) => path.endsWith('repomd.xml')).length).toBe(
    // One that has not got everything yet is asked first again.
    askedAgain,
  );
});

it('uses no more mirrors of a list than limits.mirrors, and each once', async () => {
  const { good, bad } = await twoMirrors();
  bad.fault = failing;
  const list = `${`${bad.url}\n`.repeat(5)}${good.url}\n`;
  await writeFile(join(good.folder, 'list'), list);
  for (const [mirrors, outcome] of [
    [2, 'updated'],
    [1, 'failed'],
  ] as const) {
    bad.requests.length = 0;
    const { sync } = await startApp([{ label: `list${mirrors}`, mirrorlist: `${good.url}list` }], {
      limits: { ...defaultLimits, tries: 1, mirrors },
    });
    expect(await sync(`list${mirrors}`)).toMatchObject({ outcome });
    expect(bad.requests).toHaveLength(1);
  }
});

it('sends clients to a mirror that does not rest', async () => {
  const { bad, good, asked, url } = await twoMirrors({}, 'none');
  const sentTo = async () => {
    const answer = await fetch(`${url}/channels/a/${packages[0]!.href}`, { redirect: 'manual' });
    return answer.headers.get('location');
  };
  await asked();
  expect(await sentTo()).toBe(bad.url + packages[0]!.href);
  bad.fault = failing;
  await asked();
  expect(await sentTo()).toBe(good.url + packages[0]!.href);
});
