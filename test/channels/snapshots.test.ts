import { expect, it } from 'vitest';
import { fillIn } from '../../src/base/fill-in.ts';
import { invented } from '../mirror/repository.ts';
import { brook, by, patient, plain, startFlow } from './time.ts';

const ignore = () => {};

it('A snapshot names the current revision, another one, or that of a time, until it is removed', async () => {
  const { app, next } = await startFlow([]);
  const { operations: o } = app;
  for (const version of ['1', '2', '3']) await next(brook(version));
  const create = async (name: string, at: string | null) =>
    (await o.createSnapshot({ label: 'base', name, at, by })).revision;
  const [, second] = (await o.showHistory('base')).revisions;
  // Of several in one second each is a second later than the one before.
  await expect.poll(() => Date.now(), patient).toBeGreaterThan(Date.parse(second!.published));
  expect(await create('now', null)).toBe(3);
  expect(await create('first', '1')).toBe(1);
  expect(await create('then', second!.published)).toBe(2);
  expect(await create('again', 'first')).toBe(1);
  await next(brook('4'));
  const named = async () => (await o.listSnapshots('base')).map((s) => [s.name, s.revision]);
  expect((await named()).toSorted()).toEqual([
    ['again', 1],
    ['first', 1],
    ['now', 3],
    ['then', 2],
  ]);
  expect((await o.listSnapshots(null))[0]).toMatchObject({
    label: 'base',
    kind: 'manual',
    createdBy: by,
    packages: 1,
  });
  expect(await o.removeSnapshot('base', 'now')).toEqual({ namedBy: [] });
  expect(await named()).toHaveLength(3);
  await expect(o.removeSnapshot('base', 'now')).rejects.toMatchObject({ kind: 'not_found' });
});

it('What cannot be named is refused with a reason', async () => {
  const never = { label: 'never', upstream: 'http://127.0.0.1:1/' };
  const { app, next } = await startFlow([never, { label: 'idle', follows: 'base' }]);
  const { operations: o } = app;
  const create = (label: string, name: string, at: string | null = null) =>
    o.createSnapshot({ label, name, at, by });
  const refused = (kind: string, message = /./) => ({
    kind,
    message: expect.stringMatching(message),
  });
  await next(brook('1'));
  await expect(create('never', 'x')).rejects.toMatchObject(refused('not_found', /no revision yet/));
  await expect(create('idle', 'x')).rejects.toMatchObject(refused('not_found', /no revision yet/));
  await expect(create('nobody', 'x')).rejects.toMatchObject(refused('not_found'));
  await expect(create('base', 'x', '9')).rejects.toMatchObject(refused('not_found'));
  await expect(create('base', 'x', '2001-01-01')).rejects.toMatchObject(refused('not_found'));
  await expect(create('base', 'x', '2026-02-30')).rejects.toMatchObject(
    refused('not_found', /no time/),
  );
  await expect(create('base', 'x', 'unknown')).rejects.toMatchObject(refused('not_found'));
  await expect(create('base', '2026-11-22')).rejects.toMatchObject(refused('usage', /as a time/));
  expect(await o.listSnapshots('base')).toEqual([]);
  await create('base', 'x');
  await expect(create('base', 'x')).rejects.toMatchObject(refused('conflict', /already/));
  await expect(o.listSnapshots('nobody')).rejects.toMatchObject(refused('not_found'));
});

it('It says how many packages are not held, and fetches them where that is wanted', async () => {
  const { app, next, upstream, url } = await startFlow([]);
  const { operations: o } = app;
  await next(brook('1'), invented('weir'), invented('sluice'));
  await o.createSnapshot({ label: 'base', name: 'old', at: null, by });
  await next(brook('2'), invented('weir'), invented('sluice'));
  await o.createSnapshot({ label: 'base', name: 'new', at: null, by });
  const notHeld = async () =>
    Object.fromEntries((await o.listSnapshots('base')).map((s) => [s.name, s.notHeld]));
  expect(await notHeld()).toEqual({ old: 3, new: 3 });
  await (await fetch(`${url}/channels/base/${invented('weir').href}`)).bytes();
  expect(await notHeld()).toEqual({ old: 2, new: 2 });
  const fill = (fetch: boolean) => o.fillSnapshot('base', { name: 'old', fetch }, ignore);
  expect(await fill(false)).toEqual({ packages: 3, notHeld: 2, fetched: 0, failed: [] });
  expect(await fill(true)).toEqual({ packages: 3, notHeld: 0, fetched: 2, failed: [] });
  expect(await notHeld()).toEqual({ old: 0, new: 1 });

  upstream.fault = (request, response) =>
    request.url!.endsWith('.rpm') && !!response.writeHead(404).end();
  expect(await o.fillSnapshot('base', { name: 'new', fetch: true }, ignore)).toMatchObject({
    notHeld: 1,
    failed: [{ location: brook('2').href, reason: expect.stringContaining('404') }],
  });
});

it('Stages have snapshots too', async () => {
  const { app, next } = await startFlow([{ label: 'prod', follows: 'base' }]);
  const { operations: o } = app;
  await next(brook('1'));
  await o.promoteStage('prod', { ...plain, to: null }, ignore);
  await o.createSnapshot({ label: 'prod', name: 'released', at: null, by });
  await next(brook('2'));
  await o.promoteStage('prod', { ...plain, to: null }, ignore);
  expect(await o.listSnapshots('prod')).toMatchObject([
    { name: 'released', revision: 1, packages: 1, notHeld: 0 },
  ]);
});

it('The removal of one that a stage is configured with says so; the stage keeps what it offers', async () => {
  const stage = { label: 'prod', follows: 'base', at: 'q4' };
  const { app, next, offers, config } = await startFlow([stage]);
  const { operations: o } = app;
  await next(brook('1'));
  await o.createSnapshot({ label: 'base', name: 'q4', at: null, by });
  await expect.poll(() => offers('prod'), patient).toEqual({ revision: 1, of: 'base@1' });
  expect(await o.removeSnapshot('base', 'q4')).toEqual({ namedBy: ['prod'] });
  await app.reload(config);
  expect(await offers('prod')).toEqual({ revision: 1, of: 'base@1' });
});

it('Those that the clock made go with their source', async () => {
  const base = { snapshots: { daily: 1 } };
  const { app, next, upstream, config, sync } = await startFlow([], { base });
  const { operations: o } = app;
  await next(brook('1'));
  await expect.poll(() => o.listSnapshots('base'), patient).toHaveLength(1);
  await app.reload({ ...config, sources: [] });
  await o.removeSource('base');
  await app.reload({
    ...config,
    sources: [fillIn({ label: 'base', upstream: upstream.url }, '/', 'file')],
  });
  expect(await sync('base')).toMatchObject({ outcome: 'updated' });
  expect(await o.listSnapshots('base')).toEqual([]);
});

it('A source is not removed as long as it has snapshots that were made by hand', async () => {
  const { app, sync, upstream } = await startFlow([]);
  const { operations: o } = app;
  await o.addSource({ label: 'mine', upstream: upstream.url, snapshots: { daily: 1 } });
  await sync('mine');
  const names = ['q1', 'q2', 'q3', 'q4'];
  for (const name of names) await o.createSnapshot({ label: 'mine', name, at: null, by });
  await expect(o.removeSource('mine')).rejects.toMatchObject({
    kind: 'conflict',
    message: expect.stringMatching(/4 snapshots .*: q4, q3, q2, …/),
    hint: expect.stringContaining('headwater snapshot remove mine q4'),
  });
  expect(await o.listSources()).toHaveLength(2);
  for (const name of names) await o.removeSnapshot('mine', name);
  await o.removeSource('mine');
  expect(await o.listSources()).toHaveLength(1);
});
