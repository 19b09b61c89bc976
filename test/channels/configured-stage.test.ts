import { expect, it } from 'vitest';
import { fillIn } from '../../src/base/fill-in.ts';
import type { StageSource } from '../../src/base/source.ts';
import { brook, by, type Flow, patient, plain, startFlow } from './time.ts';

const ignore = () => {};

/** Reloads with another `at` of the stage `prod`. */
async function reload({ app, config }: Flow, at: string | undefined): Promise<void> {
  const prod = fillIn({ label: 'prod', follows: 'base' }, '/', 'file') as unknown as StageSource;
  const others = config.sources.filter((s) => s.label !== 'prod');
  await app.reload({ ...config, sources: [...others, { ...prod, at }] });
}

const kinds = async ({ app }: Flow) =>
  (await app.operations.showHistory('prod')).moves.map((m) => [m.kind, m.by]).reverse();

it('A stage offers what its configuration names as soon as that is there', async () => {
  const byNumber = { label: 'number', follows: 'base', at: 2 };
  const byName = { label: 'name', follows: 'base', at: 'q4' };
  const { app, next, offers, logged } = await startFlow([byNumber, byName]);
  await next(brook('1'));
  await expect.poll(() => JSON.stringify(logged), patient).toContain('stage not moved');
  expect(await offers('number')).toBeUndefined();
  await next(brook('2'));
  await expect.poll(() => offers('number'), patient).toEqual({ revision: 1, of: 'base@2' });
  await next(brook('3'));
  expect(await offers('name')).toBeUndefined();
  await app.operations.createSnapshot({ label: 'base', name: 'q4', at: '1', by });
  await expect.poll(() => offers('name'), patient).toEqual({ revision: 1, of: 'base@1' });
  expect(await offers('number')).toEqual({ revision: 1, of: 'base@2' });
});

it('What promote chose stays until the file says something new', async () => {
  const flow = await startFlow([{ label: 'prod', follows: 'base', at: '1' }]);
  const { app, next, offers } = flow;
  await next(brook('1'));
  await expect.poll(() => offers('prod'), patient).toMatchObject({ of: 'base@1' });
  for (const version of ['2', '3']) await next(brook(version));
  await app.operations.promoteStage('prod', { ...plain, to: '2' }, ignore);
  await reload(flow, '1');
  await next(brook('4'));
  expect(await offers('prod')).toMatchObject({ of: 'base@2' });
  await reload(flow, '3');
  await expect.poll(() => offers('prod'), patient).toMatchObject({ of: 'base@3' });
  await app.operations.rollbackStage('prod', plain, ignore);
  await reload(flow, undefined);
  await reload(flow, '3');
  expect(await offers('prod')).toMatchObject({ revision: 4, of: 'base@2' });
  expect((await kinds(flow)).map(([kind]) => kind)).toEqual([
    'configured',
    'promote',
    'configured',
    'rollback',
  ]);
  expect((await kinds(flow))[0]).toEqual(['configured', 'configuration']);
});

it('A promotion settles what the file says and cannot be had', async () => {
  const flow = await startFlow([{ label: 'prod', follows: 'base', at: 'later' }]);
  const { app, next, offers } = flow;
  await next(brook('1'));
  await app.operations.promoteStage('prod', { ...plain, to: '1' }, ignore);
  await next(brook('2'));
  await app.operations.createSnapshot({ label: 'base', name: 'later', at: '2', by });
  await next(brook('3'));
  await reload(flow, 'later');
  expect(await offers('prod')).toMatchObject({ revision: 1, of: 'base@1' });
});

it('Its packages are fetched, and what cannot be fetched is tried again with the next revision', async () => {
  const { next, offers, upstream } = await startFlow([{ label: 'prod', follows: 'base', at: '1' }]);
  upstream.fault = (request, response) =>
    request.url!.endsWith('.rpm') && !!response.writeHead(404).end();
  await next(brook('1'));
  await expect.poll(() => upstream.requests.join(), patient).toContain('.rpm');
  expect(await offers('prod')).toBeUndefined();
  upstream.fault = undefined;
  await next(brook('1'), brook('2'));
  await expect.poll(() => offers('prod'), patient).toEqual({ revision: 1, of: 'base@1' });
});

it('The channel of a stage that offers nothing yet says so', async () => {
  const { app, next, url } = await startFlow([{ label: 'prod', follows: 'base' }]);
  await next(brook('1'));
  const answer = await fetch(`${url}/channels/prod/repodata/repomd.xml`);
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain('stage prod offers nothing yet');
  expect((await fetch(`${url}/channels/prod.repo`)).status).toBe(200);
  await app.operations.promoteStage('prod', { ...plain, to: null }, ignore);
  const after = await fetch(`${url}/channels/prod/no-such-file`);
  expect(await after.text()).not.toContain('offers nothing yet');
});

it('Why a stage is not where its configuration says is shown until it is, or is moved elsewhere', async () => {
  const flow = await startFlow([
    { label: 'prod', follows: 'base', at: 'later' },
    { label: 'other', follows: 'base', at: 'later' },
  ]);
  const { app, next } = flow;
  const problem = async (label: string) => (await app.operations.showSource(label)).problem ?? null;
  await next(brook('1'));
  for (const label of ['prod', 'other']) {
    await expect.poll(() => problem(label), patient).toContain('source base has no snapshot later');
  }
  await app.operations.promoteStage('other', { ...plain, to: '1' }, ignore);
  expect(await problem('other')).toBeNull();
  await app.operations.createSnapshot({ label: 'base', name: 'later', at: '1', by });
  await expect.poll(() => problem('prod'), patient).toBeNull();
});
