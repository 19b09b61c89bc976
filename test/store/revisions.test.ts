import { expect, it, onTestFinished } from 'vitest';
import { dataPaths } from '../../src/store/paths.ts';
import { createRevisionTable } from '../../src/store/state/revisions.ts';
import { openState } from '../../src/store/state/state.ts';
import { temporaryFolder } from '../support/app.ts';

async function table() {
  const state = openState(dataPaths(await temporaryFolder()));
  onTestFinished(() => state.destroy());
  return createRevisionTable(state);
}

it('gives each number once, also where the sync that asked for it failed or the source was removed', async () => {
  const revisions = await table();
  expect(await revisions.reserve('a')).toBe(1);
  expect(await revisions.reserve('a')).toBe(2);
  expect(await revisions.reserve('b')).toBe(1);
  await revisions.publish('a', 2, { manifest: 'm2' });
  await revisions.forget('a');
  expect(await revisions.current('a')).toBeUndefined();
  expect(await revisions.reserve('a')).toBe(3);
});

it('publishes whole seconds that grow, which old clients compare', async () => {
  const revisions = await table();
  const times: number[] = [];
  for (let number = 1; number <= 5; number++) {
    const { publishedAt } = await revisions.publish('a', number, { manifest: `m${number}` });
    times.push(Date.parse(publishedAt));
  }
  for (const [i, time] of times.entries()) {
    expect(time % 1000).toBe(0);
    if (i > 0) expect(time).toBeGreaterThan(times[i - 1]!);
  }
});

it('names the current revision, and those that it superseded within a time', async () => {
  const revisions = await table();
  const begun = new Date(Date.now() - 1);
  for (const number of [1, 2, 4]) await revisions.publish('a', number, { manifest: `m${number}` });
  await revisions.publish('b', 1, { manifest: 'other' });
  expect(await revisions.current('a')).toMatchObject({ label: 'a', number: 4, manifest: 'm4' });
  const superseded = await revisions.supersededSince('a', begun);
  expect(superseded.map((r) => [r.number, r.manifest])).toEqual([
    [2, 'm2'],
    [1, 'm1'],
  ]);
  expect(await revisions.supersededSince('a', new Date(Date.now() + 1000))).toEqual([]);
  expect((await revisions.labels()).sort()).toEqual(['a', 'b']);
});

it('leaves everything as it was where a revision cannot be published', async () => {
  const revisions = await table();
  await revisions.publish('a', 1, { manifest: 'm1' });
  await expect(revisions.publish('a', 1, { manifest: 'again' })).rejects.toThrow();
  expect(await revisions.current('a')).toMatchObject({ number: 1, manifest: 'm1' });
  expect(await revisions.supersededSince('a', new Date(0))).toEqual([]);
});
