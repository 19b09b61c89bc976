import { expect, it, onTestFinished, vi } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import type { Source } from '../../src/base/source.ts';
import { createHoldings } from '../../src/channels/holdings.ts';
import { createSnapshots } from '../../src/channels/snapshots.ts';
import { createAutomaticSnapshots } from '../../src/channels/snapshots-automatic.ts';
import { createObjects } from '../../src/store/objects/objects.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { createRevisionTable } from '../../src/store/state/revisions.ts';
import { createSnapshotTable } from '../../src/store/state/snapshots.ts';
import { openState } from '../../src/store/state/state.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { brook, patient, startFlow } from './time.ts';

/** Snapshots of the source `a` by a clock that the test sets. */
async function scene(kept: Partial<Source['snapshots']>) {
  const paths = dataPaths(await temporaryFolder());
  const state = openState(paths);
  onTestFinished(() => state.destroy());
  const revisions = createRevisionTable(state);
  const table = createSnapshotTable(state);
  const objects = createObjects(paths);
  let clock = new Date(0);
  const now = () => clock;
  const resolve = async (label: string) => {
    const { number, manifest } = (await revisions.current(label))!;
    return { label, number, manifest, derived: false, at: now() };
  };
  const snapshots = createSnapshots({
    ...{ table, revisions, resolver: { resolve }, now, onChanged: () => {} },
    refuseShown(channel) {
      if (shown.has(channel)) throw new AppError('conflict', `${channel} is shown`);
    },
    holdings: createHoldings({
      objects,
      packagesOf: async () => [],
      source: () => undefined,
      fetchPackages: async () => [],
    }),
  });
  const shown = new Set<string>();
  const source = { label: 'a', snapshots: { daily: 0, weekly: 0, monthly: 0, ...kept } } as Source;
  const errors: unknown[] = [];
  const { run } = createAutomaticSnapshots({
    ...{ table, snapshots, revisions, now, sources: () => [source] },
    onError: (_, error) => errors.push(error),
  });
  return {
    revisions,
    snapshots,
    shown,
    async at(time: string) {
      clock = new Date(time);
      await run();
      expect(errors).toEqual([]);
      return (await table.list('a')).map((s) => `${s.name}=${s.revision}`).sort();
    },
  };
}

it('The clock makes one for each day, week and month, once', async () => {
  const { revisions, at } = await scene({ daily: 9, weekly: 9, monthly: 9 });
  await revisions.publish('a', 1, { manifest: 'm1' });
  const first = ['daily-2026-11-22=1', 'monthly-2026-11=1', 'weekly-2026-w47=1'];
  expect(await at('2026-11-22T00:00:00Z')).toEqual(first);
  await revisions.publish('a', 2, { manifest: 'm2' });
  expect(await at('2026-11-22T23:59:59Z')).toEqual(first);
  const second = [...first, 'daily-2026-11-23=2', 'weekly-2026-w48=2'].sort();
  expect(await at('2026-11-23T00:00:00Z')).toEqual(second);
  expect(await at('2026-12-01T00:00:00Z')).toEqual(
    [...second, 'daily-2026-12-01=2', 'monthly-2026-12=2', 'weekly-2026-w49=2'].sort(),
  );
});

it('Weeks are those of ISO 8601', async () => {
  const { revisions, at } = await scene({ weekly: 9 });
  await revisions.publish('a', 1, { manifest: 'm1' });
  await at('2026-12-31T12:00:00Z');
  await at('2027-01-03T23:00:00Z');
  await at('2027-01-04T00:00:00Z');
  expect(await at('2024-12-30T00:00:00Z')).toEqual([
    'weekly-2025-w01=1',
    'weekly-2026-w53=1',
    'weekly-2027-w01=1',
  ]);
});

it('A day on which nothing ran has none, and a source without a revision has none', async () => {
  const { revisions, at } = await scene({ daily: 9 });
  expect(await at('2026-11-01T00:00:00Z')).toEqual([]);
  await revisions.publish('a', 1, { manifest: 'm1' });
  await at('2026-11-02T08:00:00Z');
  expect(await at('2026-11-05T08:00:00Z')).toEqual(['daily-2026-11-02=1', 'daily-2026-11-05=1']);
});

it('The oldest of each kind go when there are too many, those made by hand never', async () => {
  const { revisions, snapshots, at } = await scene({ daily: 3, monthly: 2 });
  await revisions.publish('a', 1, { manifest: 'm1' });
  await snapshots.create('a', 'mine', { by: 'ann' });
  // One of the names that the clock would take.
  await snapshots.create('a', 'daily-2026-09-30', { by: 'ann' });
  for (let day = 0; day < 62; day++) {
    await at(new Date(Date.UTC(2026, 8, 30 + day)).toISOString());
  }
  expect(await at('2026-11-30T12:00:00Z')).toEqual([
    'daily-2026-09-30=1',
    'daily-2026-11-28=1',
    'daily-2026-11-29=1',
    'daily-2026-11-30=1',
    'mine=1',
    'monthly-2026-10=1',
    'monthly-2026-11=1',
  ]);
});

it('A server makes those that are due at its start, and with a first revision', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-22T10:00:00Z') });
  onTestFinished(() => void vi.useRealTimers());
  const base = { snapshots: { daily: 2 } };
  const { app, next, upstream, config, close } = await startFlow([], { base });
  await next(brook('1'));
  const names = async (o = app.operations) =>
    (await o.listSnapshots('base')).map((s) => [s.name, s.kind, s.createdBy]);
  const first = ['daily-2026-11-22', 'daily', 'clock'];
  await expect.poll(() => names(), patient).toEqual([first]);
  await close();

  vi.setSystemTime(new Date('2026-11-24T10:00:00Z'));
  const later = await startApp([{ label: 'base', upstream: upstream.url, ...base }], {
    data: config.data,
  });
  await expect
    .poll(() => names(later.app.operations), patient)
    .toEqual([['daily-2026-11-24', 'daily', 'clock'], first]);
});

it('A view that no client asked for is made for its snapshots', async () => {
  const view = { label: 'view', from: ['base'], snapshots: { weekly: 2 } };
  const { app, next } = await startFlow([view]);
  await next(brook('1'));
  const made = async () =>
    (await app.operations.listSnapshots('view')).map((s) => [s.kind, s.revision, s.packages]);
  await expect.poll(made, patient).toEqual([['weekly', 1, 1]]);
});

it('What instances are shown of what the clock made stays until they are not', async () => {
  const { revisions, shown, at } = await scene({ daily: 1 });
  await revisions.publish('a', 1, { manifest: 'm1' });
  await at('2026-11-22T00:00:00Z');
  shown.add('a@daily-2026-11-22');
  const both = ['daily-2026-11-22=1', 'daily-2026-11-23=1'];
  expect(await at('2026-11-23T00:00:00Z')).toEqual(both);
  shown.clear();
  expect(await at('2026-11-23T01:00:00Z')).toEqual(both.slice(1));
});
