import { expect, it } from 'vitest';
import { brook, plain, startFlow } from './time.ts';

const ignore = () => {};

it('takes one move after the other back, and a promotion takes a rollback back', async () => {
  const { app, next, offers } = await startFlow([{ label: 'prod', follows: 'base' }]);
  const { operations: o } = app;
  for (const version of ['1', '2', '3', '4']) await next(brook(version));
  const promote = (to: string) => o.promoteStage('prod', { ...plain, to }, ignore);
  const rollback = () => o.rollbackStage('prod', plain, ignore);
  for (const to of ['1', '2', '3']) await promote(to);

  await rollback();
  expect(await offers('prod')).toEqual({ revision: 4, of: 'base@2' });
  await rollback();
  expect(await offers('prod')).toEqual({ revision: 5, of: 'base@1' });
  await expect(rollback()).rejects.toMatchObject({ kind: 'conflict' });

  await promote('3');
  await rollback();
  expect(await offers('prod')).toEqual({ revision: 7, of: 'base@1' });
  await expect(rollback()).rejects.toMatchObject({ kind: 'conflict' });
});

it('records who moved what from where to where, and publishes times that only grow', async () => {
  const { app, next } = await startFlow([{ label: 'prod', follows: 'base' }]);
  const { operations: o } = app;
  await next(brook('1'));
  await next(brook('2'));
  await o.promoteStage('prod', { ...plain, by: 'ann', to: '1' }, ignore);
  await o.promoteStage('prod', { ...plain, by: 'bob', to: '2' }, ignore);
  await o.rollbackStage('prod', { ...plain, by: 'eve' }, ignore);
  const { moves, revisions } = await o.showHistory('prod');
  const told = moves.map((m) => [m.kind, m.by, m.from?.revision, m.to.revision, m.revision]);
  expect(told).toEqual([
    ['rollback', 'eve', 2, 1, 3],
    ['promote', 'bob', 1, 2, 2],
    ['promote', 'ann', undefined, 1, 1],
  ]);
  expect(moves[0]!.undoes).toBe(moves[1]!.id);
  for (const { at } of moves) expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(60_000);
  const times = revisions.map((r) => Date.parse(r.published));
  expect(times).toEqual(times.toSorted((a, b) => b - a));
  expect(new Set(times).size).toBe(3);
});

it('has nothing to take back in a stage that was never moved', async () => {
  const { app, next } = await startFlow([{ label: 'prod', follows: 'base' }]);
  await next(brook('1'));
  await expect(app.operations.rollbackStage('prod', plain, ignore)).rejects.toMatchObject({
    kind: 'conflict',
  });
});
