import { expect, it, onTestFinished } from 'vitest';
import { dataPaths } from '../../src/store/paths.ts';
import { openState } from '../../src/store/state/state.ts';
import { createSyncTable } from '../../src/store/state/syncs.ts';
import { temporaryFolder } from '../support/app.ts';

async function table() {
  const state = openState(dataPaths(await temporaryFolder()));
  onTestFinished(() => state.destroy());
  return { syncs: createSyncTable(state), state };
}

it('keeps what a sync came to, the newest first', async () => {
  const { syncs } = await table();
  const first = await syncs.start('a');
  await syncs.finish(first, {
    outcome: 'updated',
    revision: 1,
    bytes: 10,
    packages: 3,
    packagesAdded: 3,
    packagesRemoved: 0,
    advisories: 2,
    advisoriesNew: 1,
    warnings: ['one'],
    setAside: [{ document: 'primary', reason: 'bad' }],
    setAsideCount: 1,
  });
  const second = await syncs.start('a');
  await syncs.finish(second, { outcome: 'failed', reason: 'why', errorKind: 'refused' });
  await syncs.start('b');
  const [newest, oldest, ...none] = await syncs.last('a', 10);
  expect(none).toEqual([]);
  expect(newest).toMatchObject({
    id: second,
    outcome: 'failed',
    reason: 'why',
    errorKind: 'refused',
  });
  expect(oldest).toMatchObject({
    ...{ id: first, outcome: 'updated', revision: 1, bytes: 10, packages: 3, packagesAdded: 3 },
    ...{ packagesRemoved: 0, advisories: 2, advisoriesNew: 1, warnings: ['one'], setAsideCount: 1 },
    setAside: [{ document: 'primary', reason: 'bad' }],
  });
  expect(Date.parse(oldest!.finishedAt!)).toBeGreaterThanOrEqual(Date.parse(oldest!.startedAt));
});

it('tells of syncs that the end of a process broke off, and of those alone', async () => {
  const { syncs } = await table();
  await syncs.finish(await syncs.start('a'), { outcome: 'unchanged' });
  await syncs.start('a');
  await syncs.closeInterrupted();
  expect((await syncs.last('a', 10)).map((s) => s.outcome)).toEqual(['interrupted', 'unchanged']);
});

it('keeps a thousand for each source', async () => {
  const { syncs, state } = await table();
  const at = new Date().toISOString();
  const row = (label: string) => ({ label, started_at: at, outcome: 'unchanged' });
  for (let i = 0; i < 11; i++) {
    const rows = Array.from({ length: 100 }, () => row('a'));
    await state.insertInto('sync').values(rows).execute();
  }
  await state.insertInto('sync').values(row('b')).execute();
  const id = await syncs.start('a');
  const kept = await syncs.last('a', 2000);
  expect(kept).toHaveLength(1000);
  expect(kept[0]!.id).toBe(id);
  expect(await syncs.last('b', 10)).toHaveLength(1);
});

it('remembers what each address of a source said for conditional requests', async () => {
  const { syncs } = await table();
  expect(await syncs.validator('a', 'http://x/')).toBeUndefined();
  await syncs.setValidator('a', 'http://x/', { etag: '"1"', lastModified: 'then' });
  await syncs.setValidator('a', 'http://y/', { etag: '"2"', lastModified: undefined });
  await syncs.setValidator('a', 'http://x/', { etag: '"3"', lastModified: undefined });
  expect(await syncs.validator('a', 'http://x/')).toEqual({ etag: '"3"', lastModified: null });
  expect(await syncs.validator('a', 'http://y/')).toEqual({ etag: '"2"', lastModified: null });
  expect(await syncs.validator('b', 'http://x/')).toBeUndefined();
});
