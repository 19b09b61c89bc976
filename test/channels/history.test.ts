import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { dataPaths } from '../../src/store/paths.ts';
import { openForReading, openForWriting } from '../../src/store/sqlite.ts';
import { stateMigrations } from '../../src/store/state/state.ts';
import { invented } from '../mirror/repository.ts';
import { startApp } from '../support/app.ts';
import { brook, by, plain, startFlow } from './time.ts';

const ignore = () => {};
const stage = { label: 'prod', follows: 'base' };

it('tells of each revision of a mirrored source what came, its names, and since when it is past', async () => {
  const { app, next, config } = await startFlow([]);
  const { operations: o } = app;
  await next(brook('1'), invented('weir'));
  await o.createSnapshot({ label: 'base', name: 'q3', at: null, by });
  await o.createSnapshot({ label: 'base', name: 'before', at: null, by });
  await next(brook('2'), invented('weir'), invented('sluice'));
  const { revisions, moves } = await o.showHistory('base');
  expect(moves).toEqual([]);
  const shared = { origin: 'sync', by: null, parents: [], originals: true };
  expect(revisions).toMatchObject([
    { ...shared, number: 2, packages: 3, added: 2, removed: 1, snapshots: [], superseded: null },
    { ...shared, number: 1, packages: 2, added: 2, removed: 0, superseded: expect.any(String) },
  ]);
  expect(revisions[1]!.snapshots.toSorted()).toEqual(['before', 'q3']);

  const state = openForReading(dataPaths(config.data).state);
  const manifest = state
    .prepare("SELECT manifest FROM revision WHERE label = 'base' AND number = 1")
    .pluck()
    .get() as string;
  state.close();
  await rm(dataPaths(config.data).object(manifest));
  expect((await o.showHistory('base')).revisions[1]).toMatchObject({
    origin: 'lost',
    originals: null,
    packages: 2,
  });
});

it('says that the files of upstream were dropped', async () => {
  const { app, next, config } = await startFlow([]);
  const { operations: o } = app;
  await next(brook('1'));
  const { documents } = await o.showSource('base');
  const primary = documents.find((d) => d.type === 'primary')!;
  const [sha256] = /[0-9a-f]{64}/.exec(primary.path)!;
  await rm(dataPaths(config.data).object(sha256));
  expect((await o.showHistory('base')).revisions[0]).toMatchObject({ originals: false });
});

it('tells of a stage who moved it, and what it then offers', async () => {
  const { app, next } = await startFlow([stage]);
  const { operations: o } = app;
  await next(brook('1'), invented('weir'));
  await o.promoteStage('prod', { ...plain, to: null }, ignore);
  await next(brook('2'));
  await o.promoteStage('prod', { ...plain, by: 'ann', to: null }, ignore);
  await o.rollbackStage('prod', plain, ignore);
  const { revisions } = await o.showHistory('prod');
  const offered = (revision: number) => [{ label: 'base', revision }];
  expect(revisions).toMatchObject([
    { number: 3, origin: 'rollback', by, parents: offered(1), packages: 2, superseded: null },
    { number: 2, origin: 'promote', by: 'ann', parents: offered(2), packages: 1 },
    { number: 1, origin: 'promote', by, parents: offered(1), packages: 2, originals: null },
  ]);
});

it('lets doctor look at what stages are made of', async () => {
  const { app, next, config } = await startFlow([stage]);
  const { operations: o } = app;
  await next(brook('1'));
  await o.promoteStage('prod', { ...plain, to: null }, ignore);
  const check = async () => (await o.doctor()).find((c) => c.name === 'served prod');
  expect(await check()).toMatchObject({ status: 'ok' });
  const state = openForReading(dataPaths(config.data).state);
  const mirrored = state.prepare("SELECT manifest FROM revision WHERE label = 'base'").pluck();
  const manifest = mirrored.get() as string;
  state.close();
  await rm(dataPaths(config.data).object(manifest));
  expect(await check()).toMatchObject({
    status: 'failed',
    detail: expect.stringContaining(`object ${manifest} is gone`),
  });
});

it('finds nothing of a source that there is not', async () => {
  const { app } = await startFlow([stage]);
  await expect(app.operations.showHistory('nobody')).rejects.toMatchObject({ kind: 'not_found' });
  expect(await app.operations.showHistory('prod')).toEqual({
    ...{ label: 'prod', revisions: [], moves: [] },
  });
});

it('has the record of a move that was made, and none of one that was not, after a crash in the middle', async () => {
  const { app, next, config, upstream, close } = await startFlow([stage]);
  await next(brook('1'));
  await app.operations.promoteStage('prod', { ...plain, by: 'ann', to: null }, ignore);
  await next(brook('2'));
  await close();
  const state = openForWriting(dataPaths(config.data).state, stateMigrations);
  // As it is before a move is finished: the one was published, the other not yet.
  state.exec(`
    UPDATE move SET revision = NULL;
    INSERT INTO move (label, kind, at, by, to_source, to_revision, to_manifest)
    SELECT label, kind, at, 'bob', to_source, 2, 'other' FROM move`);
  state.close();
  const again = await startApp([{ label: 'base', upstream: upstream.url }, stage], {
    data: config.data,
  });
  const { moves } = await again.app.operations.showHistory('prod');
  expect(moves.map((m) => [m.by, m.revision])).toEqual([['ann', 1]]);
});
