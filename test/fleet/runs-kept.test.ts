import { expect, it } from 'vitest';
import { createLog } from '../../src/base/log.ts';
import { createWorkRequests } from '../../src/fleet/work-requests.ts';
import { createOcids } from '../../src/identity/ocid.ts';
import { createWorkRequestTable } from '../../src/store/state/work-requests.ts';
import { day, openRunning, type Running } from './running.ts';

const work = { kind: 'script' as const, script: '#!/bin/sh\necho hello\n' };

const workRequests = (test: Running, keepMs: number) =>
  createWorkRequests({
    ...{ table: createWorkRequestTable(test.db), ocids: createOcids(Buffer.alloc(16, 7)) },
    ...{ log: createLog('silent'), keepMs: () => keepMs },
    identify: async () => ({ ocid: '', name: '' }),
  });

const count = async (test: Running, table: 'action' | 'work_request'): Promise<number> => {
  const query = test.db.selectFrom(table).select((e) => e.fn.countAll<number>().as('count'));
  return (await query.executeTakeFirstOrThrow()).count;
};

it('is carried out by instances: a restart of the server does not fail it', async () => {
  const test = await openRunning();
  const [one, two] = (await test.instances(2)) as [number, number];
  const run = await test.start(work, [one, two]);
  const alone = await test.start(work, [one], { single: true });
  await workRequests(test, day).interrupted();
  expect(await test.outcomes(run.id)).toEqual(['queued', 'queued']);
  expect(await test.runs.show(alone.id)).toMatchObject({ status: 'ACCEPTED', finishedAt: null });
});

it('is removed with all its children when it has had its time, and what goes on is not', async () => {
  const test = await openRunning();
  // By the clock of the world: work requests are kept by that.
  test.time.now = Date.now() - 10 * day;
  const instances = await test.instances(5);
  const ended = await test.start(work, instances);
  const single = await test.start(work, [instances[0]!], { single: true });
  const { id: half } = await test.start(work, instances, { rollout: { maxAtOnce: 1 } });
  for (const instance of instances.slice(0, 4)) await test.carryOut(instance);
  // The last one is at the first run still, and at the third.
  const { prune } = workRequests(test, 5 * day);
  await prune();
  expect(await count(test, 'work_request')).toBe(2 * (1 + 5));
  await expect(test.runs.show(single.id)).rejects.toMatchObject({ kind: 'not_found' });
  expect(await test.runs.show(ended.id)).toMatchObject({
    counts: { done: 4, queued: 1, total: 5 },
  });
  await test.carryOut(instances[4]!);
  await prune();
  expect(await count(test, 'work_request')).toBe(0);
  await expect(test.runs.show(half)).rejects.toMatchObject({ kind: 'not_found' });
  // What scripts wrote is kept as long as actions are.
  expect(await count(test, 'action')).toBe(11);
  test.time.now += 100 * day;
  await test.actions.prune();
  expect(await count(test, 'action')).toBe(0);
});
