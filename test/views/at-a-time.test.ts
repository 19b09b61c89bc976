import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { brook, by, patient, plain, startFlow } from '../channels/time.ts';
import { invented } from '../mirror/repository.ts';
import { createYumClient } from '../support/yum-client.ts';

const ignore = () => {};

/** What clients read of a channel: its packages and the newest timestamp of repomd.xml; or the status and sentence. */
async function read(url: string, channel: string) {
  const client = createYumClient(`${url}/channels/${channel}/`);
  try {
    const { status, body } = await client.get('repodata/repomd.xml');
    if (status !== 200) return `${status} ${body}`;
    const { packages, timestamp } = await client.makeCache();
    for (const pkg of packages) await client.download(pkg);
    return { packages: packages.map((p) => `${p.name}-${p.version}`).sort(), timestamp };
  } finally {
    client.close();
  }
}

const packagesAt = async (url: string, channel: string) => {
  const found = await read(url, channel);
  return typeof found === 'string' ? found : found.packages;
};

/** A time between what was published and what will be, of which times are whole seconds. */
async function aTime(): Promise<string> {
  await sleep(2100);
  const time = new Date().toISOString();
  await sleep(1100);
  return time;
}

const view = { label: 'view', from: ['base'], filters: [{ packages: { exclude: ['weir'] } }] };

it('A channel is read as any of its revisions, by number, snapshot and time, whole', async () => {
  const { app, next, url } = await startFlow([view]);
  const { operations: o } = app;
  const times: string[] = [];
  for (const version of ['1', '2', '3']) {
    await next(brook(version), invented('weir'));
    times.push((await o.showHistory('base')).revisions[0]!.published);
    await expect.poll(() => packagesAt(url, 'view'), patient).toEqual([`brook-${version}`]);
    await sleep(1100);
  }
  for (const label of ['base', 'view']) {
    const weir = label === 'base' ? ['weir-1'] : [];
    await o.createSnapshot({ label, name: 'second', at: '2', by });
    const [newest] = (await o.showHistory(label)).revisions;
    expect(newest).toMatchObject({ number: 3, superseded: null });
    for (const [spec, version] of [
      ['1', '1'],
      ['second', '2'],
      [times[1], '2'],
      [newest!.published, '3'],
    ]) {
      const found = await packagesAt(url, `${label}@${spec}`);
      expect(found, `${label}@${spec}`).toEqual([`brook-${version}`, ...weir]);
    }
    for (const spec of ['9', 'unknown', '2001-01-01', '2999-01-01', '2026-02-30', '']) {
      expect(await packagesAt(url, `${label}@${spec}`), `${label}@${spec}`).toMatch(/^404 /);
    }
  }
});

it('A name that was removed names nothing any more, and made again what it names then', async () => {
  const { app, next, url } = await startFlow([]);
  const { operations: o } = app;
  await next(brook('1'));
  await next(brook('2'));
  const create = (at: string) => o.createSnapshot({ label: 'base', name: 'good', at, by });
  expect(await packagesAt(url, 'base@good')).toMatch(/^404 /);
  await create('1');
  expect(await packagesAt(url, 'base@good')).toEqual(['brook-1']);
  await o.removeSnapshot('base', 'good');
  expect(await packagesAt(url, 'base@good')).toMatch(/^404 /);
  await create('2');
  expect(await packagesAt(url, 'base@good')).toEqual(['brook-2']);
});

it('A stage offers what it was moved to, with timestamps that never go back, and a rollback its old packages', async () => {
  const { app, next, url } = await startFlow([view, { label: 'prod', follows: 'view' }]);
  const { operations: o } = app;
  for (const version of ['1', '2']) {
    await next(brook(version), invented('weir'));
    await expect.poll(() => packagesAt(url, 'view'), patient).toEqual([`brook-${version}`]);
  }
  const stamps: number[] = [];
  const offers = async () => {
    const found = await read(url, 'prod');
    if (typeof found === 'string') return found;
    stamps.push(found.timestamp);
    return found.packages;
  };
  expect(await offers()).toContain('stage prod offers nothing yet');
  await o.promoteStage('prod', { ...plain, to: '1' }, ignore);
  expect(await offers()).toEqual(['brook-1']);
  await o.promoteStage('prod', { ...plain, to: null }, ignore);
  expect(await offers()).toEqual(['brook-2']);
  await o.rollbackStage('prod', plain, ignore);
  expect(await offers()).toEqual(['brook-1']);
  expect(stamps).toEqual([...new Set(stamps)].toSorted((a, b) => a - b));
});

it('A snapshot makes a view that nobody asked for, and names what it published at a time', async () => {
  const { app, next } = await startFlow([view]);
  const { operations: o } = app;
  await next(brook('1'), invented('weir'));
  const create = (name: string, at: string | null) =>
    o.createSnapshot({ label: 'view', name, at, by });
  expect(await create('first', null)).toMatchObject({ revision: 1 });
  const then = await aTime();
  await next(brook('2'), invented('weir'));
  expect(await create('second', null)).toMatchObject({ revision: 2 });
  expect(await create('then', then)).toMatchObject({ revision: 1 });
  await next(brook('3'), invented('weir'));
  const unseen = await aTime();
  await next(brook('4'), invented('weir'));
  await expect(create('unseen', unseen)).rejects.toMatchObject({ kind: 'not_found' });
});

it('What a filter holds back is neither counted in a snapshot of the view nor fetched for a stage', async () => {
  const { app, next, url, upstream } = await startFlow([
    view,
    { label: 'prod', follows: 'view', at: 'q4' },
  ]);
  const { operations: o } = app;
  await next(brook('1'), invented('weir'), invented('sluice'));
  await fetch(`${url}/channels/view/repodata/repomd.xml`);
  await o.createSnapshot({ label: 'view', name: 'q4', at: null, by });
  expect(await o.listSnapshots('view')).toMatchObject([{ packages: 2 }]);
  const settled = async () => (await o.showHistory('prod')).revisions.length;
  await expect.poll(settled, patient).toBe(1);
  expect(await o.listSnapshots('view')).toMatchObject([{ packages: 2, notHeld: 0 }]);
  expect(upstream.requests.join()).not.toContain('weir');
});

it('A snapshot takes no longer than a moment', async () => {
  const { app, next } = await startFlow([]);
  await next(...Array.from({ length: 2000 }, (_, i) => invented(`p${i}`, '1', 10)));
  const took: number[] = [];
  for (let i = 0; i < 9; i++) {
    const started = performance.now();
    await app.operations.createSnapshot({ label: 'base', name: `s${i}`, at: null, by });
    took.push(performance.now() - started);
  }
  // 50 ms are what is promised on a machine with nothing else to do.
  expect(took.toSorted((a, b) => a - b)[4]).toBeLessThan(200);
});
