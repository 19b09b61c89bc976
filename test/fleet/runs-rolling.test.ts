import { expect, it } from 'vitest';
import { again, openRunning, type Running } from './running.ts';

const reboot = { kind: 'script' as const, script: '#!/bin/sh\ntrue\n' };
const hour = 3_600_000;

async function fail(test: Running, instance: number): Promise<void> {
  const call = await test.next(instance);
  await test.submit(instance, call!.id, { status: 1, message: 'it did not work' });
}

it('has so many instances at it at once, the others as they end', async () => {
  const test = await openRunning();
  const instances = await test.instances(5);
  const { id } = await test.start(reboot, instances, { rollout: { maxAtOnce: 2 } });
  expect(await test.outcomes(id)).toEqual(['queued', 'queued', 'waiting', 'waiting', 'waiting']);
  // Whoever waits gets nothing, ask as it may.
  expect(await test.next(instances[4]!)).toBeUndefined();
  await test.carryOut(instances[1]!);
  expect(await test.outcomes(id)).toEqual(['queued', 'done', 'queued', 'waiting', 'waiting']);
  for (const instance of [0, 2, 3, 4]) await test.carryOut(instances[instance]!);
  expect(await test.runs.show(id)).toMatchObject({ status: 'SUCCEEDED', counts: { done: 5 } });
});

it('begins no more after so many failures', async () => {
  const test = await openRunning();
  const instances = await test.instances(6);
  const { id } = await test.start(reboot, instances, {
    rollout: { maxAtOnce: 3, stopAfter: 2 },
  });
  await fail(test, instances[0]!);
  expect(await test.outcomes(id)).toEqual([
    ...['failed', 'queued', 'queued', 'queued', 'waiting', 'waiting'],
  ]);
  const at = await test.next(instances[1]!);
  await fail(test, instances[2]!);
  expect(await test.outcomes(id)).toEqual([
    ...['failed', 'picked_up', 'failed', 'cancelled', 'cancelled', 'cancelled'],
  ]);
  expect(await test.runs.show(id)).toMatchObject({ status: 'IN_PROGRESS' });
  // What was begun counts as what comes of it.
  await test.submit(instances[1]!, at!.id);
  expect(await test.runs.show(id)).toMatchObject({
    ...{ status: 'FAILED', message: '1 of 6 done, 2 failed, 3 cancelled' },
  });
  const [, , , rest] = await test.runs.children(id, { limit: 10 });
  expect(rest!.message).toBe('not begun, as 2 failed');
});

it('stops where those that cannot do it are too many', async () => {
  const test = await openRunning();
  const unable = await test.instances(4, { capabilities: '' });
  const able = await test.instances(2);
  const { id } = await test.start(reboot, [...unable, ...able], {
    rollout: { maxAtOnce: 1, stopAfter: 3 },
  });
  expect(await test.outcomes(id)).toEqual([
    ...['failed', 'failed', 'failed', 'cancelled', 'cancelled', 'cancelled'],
  ]);
  expect(await test.runs.show(id)).toMatchObject({ status: 'FAILED', percent: 100 });
});

it('hands nothing out when its time is over', async () => {
  const test = await openRunning();
  const instances = await test.instances(4);
  const until = new Date(test.time.now + hour).toISOString();
  const { id } = await test.start(reboot, instances, { rollout: { maxAtOnce: 2, until } });
  const call = await test.next(instances[0]!);
  test.time.now += 2 * hour;
  // A check-in after the end, and one by nobody.
  expect(await test.next(instances[1]!)).toBeUndefined();
  await test.runs.tick();
  expect(await test.outcomes(id)).toEqual(['picked_up', 'timed_out', 'timed_out', 'timed_out']);
  await test.submit(instances[0]!, call!.id);
  expect(await test.runs.show(id)).toMatchObject({
    ...{ status: 'FAILED', message: '1 of 4 done, 3 timed out' },
  });
  await expect(test.start(reboot, instances, { rollout: { until } })).rejects.toMatchObject({
    kind: 'usage',
  });
});

it('goes on after a restart from where it was', async () => {
  let test = await openRunning();
  const instances = await test.instances(5);
  const { id } = await test.start(reboot, instances, { rollout: { maxAtOnce: 1 } });
  for (const instance of instances) {
    const call = await test.next(instance);
    test = await again(test);
    await test.submit(instance, call!.id);
    test = await again(test);
  }
  expect(await test.runs.show(id)).toMatchObject({ status: 'SUCCEEDED', counts: { done: 5 } });
});

it('gives ten thousand instances theirs within seconds', async () => {
  const test = await openRunning();
  const instances: number[] = [];
  for (let i = 0; i < 20; i++) instances.push(...(await test.instances(500)));
  const started = performance.now();
  const { id } = await test.start(reboot, instances);
  const took = performance.now() - started;
  const { counts } = await test.runs.show(id);
  expect(counts).toMatchObject({ queued: 10_000, total: 10_000 });
  // What it takes is a number of `npm run bench:runs`; here only that it is no multiple of it.
  expect(took).toBeLessThan(20_000);
}, 60_000);
