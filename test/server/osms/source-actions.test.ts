import { expect, it } from 'vitest';
import { invented } from '../../mirror/repository.ts';
import { brook, startSources } from './source-frame.ts';

async function startActions() {
  const flow = await startSources([{ label: 'prod', follows: 'base' }]);
  const [base, prod] = [await flow.idOf('base'), await flow.idOf('prod')];
  const at = (id: string, action: string) => `/softwareSources/${id}/actions/${action}`;
  return {
    ...flow,
    ...{ base, prod },
    post: (id: string, action: string, body: object = {}) =>
      flow.call('POST', at(id, action), body),
    get: (id: string, action: string) => flow.call('GET', at(id, action)),
  };
}

it('A source is synced by a work request, which fails where the sync does', async () => {
  const { base, prod, post, ended, next, upstream, client } = await startActions();
  await next(brook('1'));
  const unchanged = await post(base, 'sync');
  expect(unchanged.status).toBe(202);
  expect(await ended(unchanged.workRequest)).toEqual({
    status: 'SUCCEEDED',
    message: 'unchanged: revision 1',
  });
  const { workRequest } = await client.getWorkRequest({ workRequestId: unchanged.workRequest! });
  expect(workRequest).toMatchObject({
    operationType: 'SYNC',
    percentComplete: 100,
    resources: [{ identifier: base, actionType: 'UPDATED' }],
  });
  await upstream.close();
  const failed = await post(base, 'sync');
  expect(await ended(failed.workRequest)).toMatchObject({ status: 'FAILED' });
  const { softwareSource } = await client.getSoftwareSource({ softwareSourceId: base });
  expect(softwareSource.status).toBe('UNREACHABLE');
  expect(await post(prod, 'sync')).toMatchObject({
    status: 409,
    body: { code: 'IncorrectState', message: 'source prod has no upstream to be mirrored from' },
  });
});

it('A stage is promoted and rolled back, and its history told', async () => {
  const { base, prod, post, get, ended, next, offers } = await startActions();
  await next(brook('1'));
  await next(brook('2'));
  const move = async (action: string, body?: object) =>
    ended((await post(prod, action, body)).workRequest);
  expect(await move('promote', { to: '1' })).toMatchObject({ status: 'SUCCEEDED' });
  expect(await move('promote')).toMatchObject({ status: 'SUCCEEDED' });
  expect(await offers('prod')).toEqual({ revision: 2, of: 'base@2' });
  expect(await move('rollback', { fetch: false })).toMatchObject({ status: 'SUCCEEDED' });
  expect(await offers('prod')).toEqual({ revision: 3, of: 'base@1' });
  expect(await move('promote', { to: 'unheard-of' })).toMatchObject({ status: 'FAILED' });
  const history = await get(prod, 'history');
  expect(history.body.revisions).toMatchObject([
    { number: 3, origin: 'rollback', by: expect.any(String), parents: [{ revision: 1 }] },
    { number: 2, origin: 'promote' },
    { number: 1, origin: 'promote' },
  ]);
  expect(await post(base, 'promote')).toMatchObject({ status: 409 });
});

it('Revisions are named, compared and checked', async () => {
  const { base, prod, post, get, ended, next } = await startActions();
  await next(brook('1'), invented('weir'));
  const made = await post(base, 'snapshot', { name: 'good', fetch: true });
  expect(made).toMatchObject({ status: 200, body: { name: 'good', revision: 1 } });
  expect(await ended(made.workRequest)).toMatchObject({
    status: 'SUCCEEDED',
    message: '2 packages fetched, 0 of 2 not held',
  });
  expect(await post(base, 'snapshot', { name: 'good' })).toMatchObject({ status: 409 });
  expect(await post(base, 'snapshot', { name: '12' })).toMatchObject({ status: 400 });
  await next(brook('2'), invented('weir'));
  const diff = await get(base, 'diff?before=good');
  expect(diff).toMatchObject({
    status: 200,
    body: { before: { label: 'base', revision: 1 }, after: { label: 'base', revision: 2 } },
  });
  expect(JSON.stringify(diff.body.packages)).toContain('brook');
  await ended((await post(prod, 'promote', { to: '1' })).workRequest);
  expect(await get(prod, `diff?withSoftwareSourceId=${base}`)).toMatchObject({
    body: { before: { label: 'prod' }, after: { label: 'base', revision: 2 } },
  });
  expect(await get(base, 'diff?before=1@2')).toMatchObject({ status: 400 });
  expect(await get(base, 'diff?before=99')).toMatchObject({ status: 404 });
  expect(await get(base, `diff?withSoftwareSourceId=${prod.slice(0, -1)}a`)).toMatchObject({
    status: 404,
  });
  expect(await get(base, 'check?at=good')).toMatchObject({
    status: 200,
    body: { label: 'base', revision: 1 },
  });
});
