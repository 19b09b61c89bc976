import { expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createPlace, fixture, until } from './headwater.ts';

it('A paused source is not synced by its schedule, also after a restart, until it is resumed', async () => {
  const sources = [{ label: 'ol8', upstream: fixture('ol8'), sync: { every: '1s' } }];
  const first = await startApp(sources);
  const last = async ({ app }: TestApp) => (await app.operations.showSource('ol8')).history[0]!;
  await until(async () => (await last(first))?.outcome === 'unchanged');
  await first.app.operations.pauseSource('ol8');
  // One that was running goes on.
  await until(async () => (await last(first)).outcome !== 'running');
  const { id } = await last(first);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect((await last(first)).id).toBe(id);
  await first.close();

  const second = await startApp(sources, { data: first.config.data });
  const [shown] = await second.app.operations.listSources();
  expect(shown).toMatchObject({ paused: true, nextSync: null, origin: 'file' });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect((await last(second)).id).toBe(id);
  expect(await second.sync('ol8')).toMatchObject({ outcome: 'unchanged', paused: true });

  await second.app.operations.resumeSource('ol8');
  await until(async () => (await last(second)).id > id + 1);
  expect((await second.app.operations.listSources())[0]).toMatchObject({ paused: false });
});

it('Lists, `source show` and a sync by hand say that a source is paused', async () => {
  const place = await createPlace(`sources: [{ label: ol8, upstream: "${fixture('ol8')}" }]`);
  await place.serve();
  const paused = await place.run('source', 'pause', 'ol8');
  expect(paused).toMatchObject({ code: 0, stdout: expect.stringContaining('source resume ol8') });
  const byHand = await place.run('sync', 'ol8');
  expect(byHand).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('paused: not synced by its schedule'),
  });
  expect((await place.run('source', 'list')).stdout).toMatch(/updated, paused +file$/m);
  expect((await place.run('source', 'show', 'ol8')).stdout).toMatch(
    /^ {2}sync +paused until `headwater source resume ol8`/m,
  );
});

it('Pausing what is paused, or resuming what is not, is no mistake; a label that there is not is', async () => {
  const { app } = await startApp([{ label: 'ol8', upstream: fixture('ol8') }]);
  const { pauseSource, resumeSource } = app.operations;
  for (let twice = 0; twice < 2; twice++) {
    expect(await pauseSource('ol8')).toMatchObject({ paused: true });
  }
  for (let twice = 0; twice < 2; twice++) {
    expect(await resumeSource('ol8')).toMatchObject({ paused: false });
  }
  for (const change of [pauseSource, resumeSource]) {
    await expect(change('none')).rejects.toMatchObject({ kind: 'not_found' });
  }
});

it('A source that was removed and added again is not paused', async () => {
  const { app } = await startApp([]);
  const { addSource, pauseSource, removeSource } = app.operations;
  await addSource({ label: 'mine', upstream: fixture('ol8') });
  await pauseSource('mine');
  await removeSource('mine');
  expect(await addSource({ label: 'mine', upstream: fixture('ol8') })).toMatchObject({
    paused: false,
  });
});
