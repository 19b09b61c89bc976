import { expect, it, onTestFinished } from 'vitest';
import { noFilters } from '../../src/base/filters.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { createDefinitionTable } from '../../src/store/state/definitions.ts';
import { createKeepingTable } from '../../src/store/state/keeping.ts';
import { createRevisionTable } from '../../src/store/state/revisions.ts';
import { openState } from '../../src/store/state/state.ts';
import { temporaryFolder } from '../support/app.ts';

async function open() {
  const state = openState(dataPaths(await temporaryFolder()));
  onTestFinished(() => state.destroy());
  return state;
}

it('finds a revision by its number, by a time and by the name of a snapshot', async () => {
  const state = await open();
  const revisions = createRevisionTable(state);
  const at = (day: number) => new Date(Date.UTC(2026, 0, day));
  for (const day of [1, 5, 9]) {
    const derived = { at: at(day), packages: day };
    await revisions.publish('a', day, { manifest: `m${day}`, derived });
  }
  await state.insertInto('ref').values({ label: 'a', name: 'q1', revision: 5 }).execute();
  expect(await revisions.byNumber('a', 5)).toMatchObject({ manifest: 'm5', packages: 5 });
  expect(await revisions.byNumber('a', 4)).toBeUndefined();
  expect(await revisions.byNumber('b', 5)).toBeUndefined();
  expect(await revisions.at('a', at(4).toISOString())).toMatchObject({ number: 1, derived: true });
  expect(await revisions.at('a', at(5).toISOString())).toMatchObject({ number: 5 });
  expect(await revisions.at('a', '2025-12-31T23:59:59.999Z')).toBeUndefined();
  expect(await revisions.named('a', 'q1')).toMatchObject({ number: 5 });
  expect(await revisions.named('a', 'q2')).toBeUndefined();
  expect(await revisions.named('b', 'q1')).toBeUndefined();
});

it('remembers when a revision was current that is kept no more, until its source is forgotten', async () => {
  const state = await open();
  const revisions = createRevisionTable(state);
  const keeping = createKeepingTable(state);
  const at = (day: number) => new Date(Date.UTC(2026, 0, day));
  for (const day of [1, 5, 9]) {
    await revisions.publish('a', day, {
      manifest: `m${day}`,
      derived: { at: at(day), packages: 1 },
    });
  }
  const known = await keeping.revisions('a');
  expect(await keeping.forget(known.find((r) => r.number === 9)!)).toBe(false);
  for (const number of [1, 5]) await keeping.forget(known.find((r) => r.number === number)!);
  const forgottenAt = async (day: number) =>
    (await revisions.forgottenAt('a', at(day).toISOString()))?.number;
  expect(await forgottenAt(0)).toBeUndefined();
  expect(await forgottenAt(4)).toBe(1);
  expect(await forgottenAt(5)).toBe(5);
  expect(await forgottenAt(20)).toBe(5);
  await revisions.forget('a');
  expect(await forgottenAt(20)).toBeUndefined();
});

it('publishes what is derived at the time that it was made for, later than any before', async () => {
  const revisions = createRevisionTable(await open());
  const far = new Date(Math.floor(Date.now() / 1000) * 1000 + 60_000);
  await revisions.publish('a', 1, { manifest: 'm1', derived: { at: far, packages: 3 } });
  const next = await revisions.nextTime('a');
  expect(next.getTime()).toBe(far.getTime() + 1000);
  const mirrored = await revisions.publish('a', 2, { manifest: 'm2' });
  expect(mirrored).toMatchObject({ publishedAt: next.toISOString(), derived: false });
});

it('remembers what a view was at which time, and notes only what is new', async () => {
  const definitions = createDefinitionTable(await open());
  const before = new Date(Date.now() - 1).toISOString();
  await definitions.note([{ label: 'v', from: ['a'], filters: noFilters }]);
  const first = await definitions.at('v', new Date().toISOString());
  expect(first).toMatchObject({ from: ['a'], filters: noFilters });
  await definitions.note([{ label: 'v', from: ['a'], filters: noFilters }]);
  expect((await definitions.at('v', '9999-01-01T00:00:00Z'))!.since).toBe(first!.since);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await definitions.note([{ label: 'v', from: ['b', 'a'], filters: noFilters }]);
  const now = new Date().toISOString();
  expect(await definitions.at('v', now)).toMatchObject({ from: ['b', 'a'] });
  expect(await definitions.at('v', first!.since)).toMatchObject({ from: ['a'] });
  expect(await definitions.at('v', before)).toBeUndefined();
  expect(await definitions.at('w', now)).toBeUndefined();
});
