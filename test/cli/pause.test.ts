import { expect, it } from 'vitest';
import type { SourceDetails, SourceSummary } from '../../src/server/control/operations.ts';
import { createPlace, fixture, until } from './headwater.ts';

const text = `
sources:
  - { label: ol8, upstream: "${fixture('ol8')}", sync: { every: 1s } }
`;

it('A paused source is not synced by its schedule, also after a restart, until it is resumed', async () => {
  const place = await createPlace(text);
  const first = await place.serve();
  const show = async () => (await place.json<SourceDetails>('source', 'show', 'ol8')).value;
  await until(async () => (await show()).history.length > 1);

  const paused = await place.run('source', 'pause', 'ol8');
  expect(paused).toMatchObject({ code: 0, stdout: expect.stringContaining('source resume ol8') });
  const shown = await show();
  expect(shown).toMatchObject({ paused: true, nextSync: null, origin: 'file' });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect((await show()).history[0]!.id).toBe(shown.history[0]!.id);
  expect(await first.stop()).toBe(0);

  await place.serve();
  const list = await place.json<SourceSummary[]>('source', 'list');
  expect(list.value).toMatchObject([{ label: 'ol8', paused: true, nextSync: null }]);
  expect((await place.run('source', 'list')).stdout).toMatch(/unchanged, paused +file$/m);
  expect((await place.run('source', 'show', 'ol8')).stdout).toMatch(
    /^ {2}sync +paused until `headwater source resume ol8`/m,
  );
  expect((await show()).history[0]!.id).toBe(shown.history[0]!.id);

  const byHand = await place.run('sync', 'ol8');
  expect(byHand.code).toBe(0);
  expect(byHand.stdout).toMatch(/^ol8: nothing new/);
  expect(byHand.stdout).toContain('paused: not synced by its schedule');

  expect((await place.run('source', 'resume', 'ol8')).code).toBe(0);
  await until(async () => (await show()).history[0]!.id > shown.history[0]!.id + 1);
  expect(await show()).toMatchObject({ paused: false });
});

it('Pausing what is paused, or resuming what is not, is no mistake; a label that there is not is', async () => {
  const place = await createPlace(text);
  for (const verb of ['pause', 'pause', 'resume', 'resume']) {
    const { code, value } = await place.json<SourceSummary>('source', verb, 'ol8');
    expect([code, value.paused], verb).toEqual([0, verb === 'pause']);
  }
  for (const verb of ['pause', 'resume']) {
    const { code, stderr } = await place.run('source', verb, 'none');
    expect(code).toBe(1);
    expect(stderr).toMatch(/there is no source none/);
  }
});

it('A source that was removed and added again is not paused', async () => {
  const place = await createPlace('');
  await place.serve();
  await place.run('source', 'add', 'mine', '--upstream', fixture('ol8'));
  await place.run('source', 'pause', 'mine');
  await place.run('source', 'remove', 'mine');
  const { value } = await place.json('source', 'add', 'mine', '--upstream', fixture('ol8'));
  expect(value).toMatchObject({ label: 'mine', paused: false });
});
