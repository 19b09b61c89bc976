import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readManifest } from '../../src/store/objects/manifest.ts';
import { createObjects } from '../../src/store/objects/objects.ts';
import { readTree } from '../../src/store/objects/tree.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { openForReading } from '../../src/store/sqlite.ts';
import { brook, by, plain, startFlow } from './time.ts';

const dev = { label: 'dev', follows: 'base' };
const prod = { label: 'prod', follows: 'base' };
const ignore = () => {};

it('promotes to the current revision, a number, a snapshot, a time, or what another stage offers', async () => {
  const { app, next, offers } = await startFlow([dev, prod]);
  const { operations: o } = app;
  for (const version of ['1', '2', '3']) await next(brook(version));
  const to = async (stage: string, to: string | null) => {
    await o.promoteStage(stage, { ...plain, to }, ignore);
    return (await offers(stage))?.of;
  };
  expect(await to('dev', null)).toBe('base@3');
  expect(await to('dev', '1')).toBe('base@1');
  expect(await to('dev', 'base')).toBe('base@3');
  await o.createSnapshot({ label: 'base', name: '2026-q4', at: '2', by });
  expect(await to('dev', '2026-q4')).toBe('base@2');
  expect(await to('prod', 'dev')).toBe('base@2');
  const { revisions } = await o.showHistory('base');
  expect(await to('prod', revisions.find((r) => r.number === 1)!.published)).toBe('base@1');
});

it('goes along a pipeline: a stage of a stage takes what that one offers', async () => {
  const test = { label: 'test', follows: 'dev' };
  const { app, next, offers } = await startFlow([dev, test]);
  await next(brook('1'));
  await next(brook('2'));
  await app.operations.promoteStage('dev', { ...plain, to: '1' }, ignore);
  await app.operations.promoteStage('test', { ...plain, to: 'dev' }, ignore);
  expect(await offers('test')).toEqual({ revision: 1, of: 'dev@1' });
  await app.operations.promoteStage('dev', { ...plain, to: '2' }, ignore);
  expect(await offers('test')).toEqual({ revision: 1, of: 'dev@1' });
  await app.operations.promoteStage('test', { ...plain, to: null }, ignore);
  expect(await offers('test')).toEqual({ revision: 2, of: 'dev@2' });
});

it('leaves a stage alone that offers that already', async () => {
  const { app, next } = await startFlow([dev]);
  await next(brook('1'));
  const promote = () => app.operations.promoteStage('dev', { ...plain, to: null }, ignore);
  expect(await promote()).toMatchObject({ changed: true, revision: 1 });
  expect(await promote()).toMatchObject({ changed: false, revision: 1 });
  const { revisions, moves } = await app.operations.showHistory('dev');
  expect([revisions.length, moves.length]).toEqual([1, 1]);
});

it('refuses what there is not, and changes nothing', async () => {
  const other = { label: 'other', follows: 'prod' };
  const never = { label: 'never', upstream: 'http://127.0.0.1:1/' };
  const follower = { label: 'follower', follows: 'never' };
  const { app, next, offers } = await startFlow([dev, prod, other, never, follower]);
  await next(brook('1'));
  await app.operations.promoteStage('dev', { ...plain, to: null }, ignore);
  const refused = async (stage: string, to: string | null, kind: string) => {
    const promoted = app.operations.promoteStage(stage, { ...plain, to }, ignore);
    await expect(promoted, `${stage} to ${to}`).rejects.toMatchObject({ kind });
  };
  await refused('dev', 'no-such-snapshot', 'not_found');
  await refused('dev', '7', 'not_found');
  await refused('dev', '2026-02-30', 'not_found');
  await refused('dev', '2001-01-01T00:00:00Z', 'not_found');
  await refused('dev', 'dev', 'usage');
  await refused('dev', 'prod', 'not_found');
  await refused('dev', 'other', 'usage');
  await refused('base', null, 'usage');
  await refused('nobody', null, 'not_found');
  await refused('follower', null, 'not_found');
  await app.operations.createSnapshot({ label: 'base', name: 'prod', at: null, by });
  await refused('dev', 'prod', 'usage');
  expect(await offers('dev')).toEqual({ revision: 1, of: 'base@1' });
  expect((await app.operations.showHistory('dev')).moves).toHaveLength(1);
});

it('lets one of two promotions at once pass, and refuses the other', async () => {
  const { app, next, offers, upstream } = await startFlow([dev]);
  await next(brook('1'));
  await next(brook('2'));
  const gate = Promise.withResolvers<void>();
  upstream.fault = (request, response) => {
    if (!request.url!.endsWith('.rpm')) return false;
    void gate.promise.then(() => response.end(brook('2').bytes));
    return true;
  };
  const first = app.operations.promoteStage('dev', { ...plain, to: '2' }, ignore);
  const second = app.operations.promoteStage('dev', { ...plain, to: '1' }, ignore);
  await expect(second).rejects.toMatchObject({ kind: 'conflict' });
  gate.resolve();
  expect(await first).toMatchObject({ changed: true, fetched: 1 });
  expect(await offers('dev')).toEqual({ revision: 1, of: 'base@2' });
});

it.each(['manifest', 'tree', 'pack', 'parent'])(
  'refuses a revision whose %s is gone, and says so',
  async (lost) => {
    const test = { label: 'test', follows: 'dev' };
    const { app, config, next, offers } = await startFlow([dev, test]);
    const { operations: o } = app;
    await next(brook('1'));
    await o.promoteStage('dev', { ...plain, to: null }, ignore);
    await o.promoteStage('test', { ...plain, to: null }, ignore);
    await next(brook('2'));
    const paths = dataPaths(config.data);
    const state = openForReading(paths.state);
    const manifestOf = state
      .prepare('SELECT manifest FROM revision WHERE label = ? AND number = 2')
      .pluck();
    const manifest = manifestOf.get('base') as string;
    const store = createObjects(paths);
    const tree = (await readManifest(store, manifest)).trees.primary!;
    const [pack] = (await readTree(store, tree)).runs.at(-1)!;
    const objects = { manifest, tree, pack };
    if (lost === 'parent') await o.promoteStage('dev', { ...plain, to: null }, ignore);
    state.close();
    await rm(paths.object(objects[lost === 'parent' ? 'tree' : (lost as 'tree')]));
    const stage = lost === 'parent' ? 'test' : 'dev';
    await expect(o.promoteStage(stage, { ...plain, to: null }, ignore)).rejects.toMatchObject({
      kind: 'not_found',
      message: expect.stringMatching(/is gone$/),
    });
    expect(await offers(stage)).toMatchObject({ revision: 1 });
  },
);
