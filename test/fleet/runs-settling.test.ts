import { expect, it } from 'vitest';
import { again, build, day, openRunning } from './running.ts';

const old = build('tmux-2.7-1.el8.x86_64');
const next = build('tmux-2.7-3.el8.x86_64');
const bash = build('bash-4.4-1.el8.x86_64');
const install = { kind: 'install' as const, packages: ['tmux'] };

/** An instance that picked work up, and never said what came of it. */
async function lost(work: Parameters<Awaited<ReturnType<typeof openRunning>>['start']>[0]) {
  const test = await openRunning();
  test.offered.push(next);
  const [one] = (await test.instances(1)) as [number];
  const { id } = await test.start(work, [one]);
  await test.next(one);
  test.time.now += 2 * day;
  await test.actions.prune();
  await test.runs.settled();
  return { test, one, id };
}

it('ends as unknown where no result comes, asks for a profile, and goes by that', async () => {
  const { test, one, id } = await lost(install);
  expect(await test.outcomes(id)).toEqual(['unknown']);
  expect(await test.runs.show(id)).toMatchObject({
    ...{ status: 'FAILED', message: '0 of 1 done, 1 of unknown outcome' },
  });
  // It is not run again: all that it gets is to send its packages.
  const call = await test.next(one);
  expect(call).toMatchObject({ kind: 'packages.refresh_list' });
  await test.profiles.replace(one, [bash, next]);
  await test.runs.settled();
  expect(await test.runs.show(id)).toMatchObject({
    ...{ status: 'SUCCEEDED', message: '1 of 1 done', counts: { done: 1, total: 1 } },
  });
  await test.submit(one, call!.id);
  expect(await test.next(one)).toBeUndefined();
  expect(test.ended).toHaveLength(1);
});

it('fails where the next profile does not have what was asked for', async () => {
  const { test, one, id } = await lost(install);
  await test.profiles.replace(one, [bash]);
  await test.runs.settled();
  const [child] = await test.runs.children(id, { limit: 1 });
  expect(child).toMatchObject({
    ...{ outcome: 'failed', status: 'FAILED' },
    message: 'no result came, and the next profile does not show that it was done',
  });
});

it('goes by the profile after a restart, too', async () => {
  const { test, one, id } = await lost(install);
  const restarted = await again(test);
  await restarted.profiles.replace(one, [next]);
  await restarted.runs.settled();
  expect(await restarted.outcomes(id)).toEqual(['done']);
});

it('wants at least the version that was handed out', async () => {
  for (const [has, outcome] of [
    [old, 'failed'],
    [next, 'done'],
    [build('tmux-3.0-1.el8.x86_64'), 'done'],
  ] as const) {
    const test = await openRunning();
    test.offered.push(next);
    const [one] = (await test.instances(1)) as [number];
    await test.profiles.replace(one, [old]);
    const { id } = await test.start({ kind: 'update', packages: ['tmux'] }, [one]);
    await test.next(one);
    test.time.now += 2 * day;
    await test.actions.prune();
    await test.profiles.replace(one, [has]);
    await test.runs.settled();
    expect(await test.outcomes(id)).toEqual([outcome]);
  }
});

it('knows of a removal that it is gone', async () => {
  const test = await openRunning();
  const [one] = (await test.instances(1)) as [number];
  await test.profiles.replace(one, [old, bash]);
  const { id } = await test.start({ kind: 'remove', packages: ['tmux'] }, [one]);
  await test.next(one);
  test.time.now += 2 * day;
  await test.actions.prune();
  await test.profiles.replace(one, [bash]);
  await test.runs.settled();
  expect(await test.outcomes(id)).toEqual(['done']);
});

it('leaves unknown what profiles do not tell', async () => {
  const { test, one, id } = await lost({ kind: 'script', script: '#!/bin/sh\n' });
  await test.profiles.replace(one, [bash]);
  await test.runs.settled();
  expect(await test.outcomes(id)).toEqual(['unknown']);
  expect(await test.next(one)).toBeUndefined();
});

it('takes a result that comes after all, once', async () => {
  const { test, one, id } = await lost(install);
  const [child] = await test.runs.children(id, { limit: 1 });
  const [action] = (await test.runs.details(child!.id)).actions;
  await test.submit(one, action!.id, { status: 0, message: 'installed' });
  await test.submit(one, action!.id, { status: 1, message: 'said twice' });
  expect(await test.runs.show(id)).toMatchObject({
    ...{ status: 'SUCCEEDED', counts: { done: 1, failed: 0, unknown: 0, total: 1 } },
  });
});

it('says of steps that what was to follow the lost one was not begun', async () => {
  const reboot = { kind: 'reboot' as const };
  const { test, one, id } = await lost({ kind: 'steps', steps: [install, reboot] });
  expect(await test.outcomes(id)).toEqual(['unknown']);
  await test.profiles.replace(one, [next]);
  await test.runs.settled();
  const [child] = await test.runs.children(id, { limit: 1 });
  expect(child).toMatchObject({
    outcome: 'failed',
    message:
      'no result came, but the next profile shows that it was done; what was to follow was not begun',
  });
});

it('shows which packages changed since it was begun', async () => {
  let test = await openRunning();
  test.offered.push(next);
  const [one, two] = (await test.instances(2)) as [number, number];
  for (const id of [one, two]) await test.profiles.replace(id, [old, bash]);
  const { id } = await test.start({ kind: 'update', packages: ['tmux'] }, [one, two]);
  const [first, second] = await test.runs.children(id, { limit: 2 });
  const changes = async (child: number) => (await test.runs.details(child)).changes;
  // The profile may come before the result, or after it.
  const call = await test.next(one);
  await test.profiles.replace(one, [next, bash]);
  await test.submit(one, call!.id);
  expect(await changes(first!.id)).toEqual({
    changed: [{ name: 'tmux.x86_64', from: '2.7-1.el8', to: '2.7-3.el8' }],
    ...{ installed: [], removed: [], more: 0 },
  });
  const other = await test.next(two);
  await test.submit(two, other!.id);
  expect(await changes(second!.id)).toBeNull();
  test = await again(test);
  await test.profiles.replace(two, [next]);
  expect(await changes(second!.id)).toMatchObject({
    ...{ removed: ['bash-4.4-1.el8.x86_64'], installed: [] },
    changed: [{ name: 'tmux.x86_64' }],
  });
  // What comes later is of other causes.
  await test.profiles.replace(one, [next]);
  expect(await changes(first!.id)).toMatchObject({ removed: [] });
});

it('says that nothing changed where the profile is as it was', async () => {
  const test = await openRunning();
  const [one] = (await test.instances(1)) as [number];
  await test.profiles.replace(one, [bash]);
  const { id } = await test.start({ kind: 'remove', packages: ['bash'] }, [one], { single: true });
  await test.carryOut(one);
  await test.profiles.replace(one, [bash]);
  await test.runs.settled();
  expect((await test.runs.details(id)).changes).toEqual({
    ...{ installed: [], removed: [], changed: [], more: 0 },
  });
});
