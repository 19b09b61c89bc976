import { expect, it } from 'vitest';
import { build, openRunning } from './running.ts';

const install = (...packages: string[]) => ({ kind: 'install' as const, packages });
const tmux = build('tmux-2.7-3.el8.x86_64');

it('makes a child for each instance, and ends when all have ended', async () => {
  const test = await openRunning();
  test.offered.push(tmux);
  const [one, two] = (await test.instances(2)) as [number, number];
  const { id, ocid } = await test.start(install('tmux'), [one, two, one]);
  expect(ocid).toMatch(/^ocid1\.osmsworkrequest\./);
  expect(await test.outcomes(id)).toEqual(['queued', 'queued']);
  const call = await test.next(one);
  expect(call).toMatchObject({
    kind: 'packages.update',
    params: [[['tmux', '', '', '', '']]],
  });
  expect(await test.runs.show(id)).toMatchObject({
    ...{ status: 'IN_PROGRESS', percent: 0, finishedAt: null, instance: undefined },
    counts: { queued: 1, picked_up: 1, total: 2 },
  });
  await test.submit(one, call!.id);
  expect(await test.runs.show(id)).toMatchObject({ percent: 50, counts: { done: 1, queued: 1 } });
  const other = await test.next(two);
  await test.submit(two, other!.id, { status: 6, message: 'no space' });
  expect(await test.runs.show(id)).toMatchObject({
    ...{ status: 'FAILED', percent: 100, message: '1 of 2 done, 1 failed' },
    counts: { done: 1, failed: 1, total: 2 },
  });
  const [, failed] = await test.runs.children(id, { limit: 10 });
  expect(failed).toMatchObject({ instance: two, status: 'FAILED', message: 'no space' });
  expect(test.ended.map((run) => run.id)).toEqual([id]);
});

it('gives work of one instance alone a work request without children', async () => {
  const test = await openRunning();
  test.offered.push(tmux);
  const [one] = (await test.instances(1)) as [number];
  const { id } = await test.start(install('tmux'), [one], { single: true });
  expect(await test.runs.show(id)).toMatchObject({
    ...{ status: 'ACCEPTED', instance: one, counts: { queued: 1, total: 1 } },
  });
  await test.carryOut(one);
  expect(await test.runs.show(id)).toMatchObject({
    ...{ status: 'SUCCEEDED', percent: 100, message: 'done', counts: { done: 1 } },
  });
  expect(test.ended.map((run) => run.id)).toEqual([id]);
  expect(await test.runs.children(id, { limit: 10 })).toEqual([]);
});

it('carries steps out one after the other, and none after one that failed', async () => {
  const test = await openRunning();
  const [one] = (await test.instances(1)) as [number];
  const script = (text: string) => ({ kind: 'script' as const, script: `#!/bin/sh\n${text}\n` });
  const work = { kind: 'steps' as const, steps: [script('1'), script('2'), script('3')] };
  const { id } = await test.start(work, [one], { single: true });
  const first = await test.next(one);
  await test.submit(one, first!.id);
  expect(await test.runs.show(id)).toMatchObject({ status: 'IN_PROGRESS', percent: 33 });
  const second = await test.next(one);
  expect((second!.params[1] as { script: string }).script).toContain('2');
  await test.submit(one, second!.id, { status: 1, message: 'exit 1' });
  expect(await test.next(one)).toBeUndefined();
  expect(await test.runs.show(id)).toMatchObject({ status: 'FAILED', message: 'exit 1' });
  const { actions } = await test.runs.details(id);
  expect(actions.map((a) => a.state)).toEqual(['completed', 'failed', 'failed']);
});

it('of no instances is over at once', async () => {
  const test = await openRunning();
  const { id } = await test.start({ kind: 'reboot' }, []);
  expect(await test.runs.show(id)).toMatchObject({
    status: 'SUCCEEDED',
    message: 'there are no instances: nothing was done',
  });
  expect(test.ended).toHaveLength(1);
});

it('refuses what no source has where it is for one instance, and fails where it is for several', async () => {
  const test = await openRunning();
  const [one, two] = (await test.instances(2)) as [number, number];
  await expect(test.start(install('nosuch'), [one], { single: true })).rejects.toMatchObject({
    kind: 'conflict',
    message: `host0 (${one}) cannot do that: none of its sources has nosuch`,
  });
  expect(await test.runs.list({ limit: 10 })).toEqual([]);
  const { id } = await test.start(install('nosuch'), [one, two]);
  await test.carryOut(one);
  await test.carryOut(two);
  expect(await test.outcomes(id)).toEqual(['failed', 'failed']);
  const [child] = await test.runs.children(id, { limit: 1 });
  expect(child!.message).toBe('none of its sources has nosuch');
});

it('fails instances that are not there, or cannot do it', async () => {
  const test = await openRunning();
  const [seven] = (await test.instances(1, { release: '7Server' })) as [number];
  const [mute] = (await test.instances(1, { capabilities: '' })) as [number];
  const work = { kind: 'modules' as const, enable: [{ module: 'php', stream: '8.2' }] };
  const { id } = await test.start(work, [seven, mute, 4_000_000_000]);
  expect((await test.runs.children(id, { limit: 10 })).map((c) => [c.outcome, c.message])).toEqual([
    ['failed', 'it has release 7Server, whose yum knows of no modules'],
    ['failed', 'it did not announce script.run'],
    ['failed', 'there is no such instance any more'],
  ]);
  expect(await test.runs.show(id)).toMatchObject({ status: 'FAILED', percent: 100 });
  for (const [instance, kind] of [
    [seven, 'conflict'],
    [mute, 'conflict'],
    [4_000_000_000, 'not_found'],
  ] as const) {
    await expect(test.start(work, [instance], { single: true })).rejects.toMatchObject({ kind });
  }
});

it('says which work contradicts what is queued already', async () => {
  const test = await openRunning();
  test.offered.push(tmux);
  const [one] = (await test.instances(1)) as [number];
  await test.profiles.replace(one, [tmux]);
  const first = await test.start(install('tmux'), [one], { single: true });
  const { actions } = await test.runs.details(first.id);
  const removal = { kind: 'remove' as const, packages: ['tmux'] };
  const second = await test.start(removal, [one], { single: true });
  const third = await test.start(install('tmux'), [one]);
  const notes = await test.db.selectFrom('work_request_note').select('message').execute();
  const [child] = await test.runs.children(third.id, { limit: 1 });
  const [remove] = (await test.runs.details(second.id)).actions;
  expect(notes.map((note) => note.message)).toEqual([
    `action ${actions[0]!.id}, which is carried out before, installs tmux`,
    `action ${remove!.id}, which is carried out before, removes tmux`,
  ]);
  // They are carried out in the order in which they were asked for.
  await test.carryOut(one);
  const [install1, remove1] = await Promise.all([
    test.runs.details(first.id),
    test.runs.details(second.id),
  ]);
  expect(install1.actions[0]!.id).toBeLessThan(remove1.actions[0]!.id);
  expect(child!.outcome).toBe('queued');
});

it('says which run does the opposite when its turn comes', async () => {
  const test = await openRunning();
  test.offered.push(tmux);
  const [one, two] = (await test.instances(2)) as [number, number];
  const first = await test.start(install('tmux'), [one, two], { rollout: { maxAtOnce: 1 } });
  const removal = { kind: 'remove' as const, packages: ['tmux'] };
  await test.start(removal, [two], { single: true });
  await test.start(install('tmux'), [two], { single: true });
  const notes = await test.db.selectFrom('work_request_note').select('message').execute();
  expect(notes.map((note) => note.message)).toEqual([
    `run ${first.id}, in which its turn is still to come, installs tmux then`,
    expect.stringMatching(/^action \d+, which is carried out before, removes tmux$/),
  ]);
});

it('removes what was installed just before, which no profile tells yet', async () => {
  const test = await openRunning();
  test.offered.push(tmux);
  const [one] = (await test.instances(1)) as [number];
  await test.profiles.replace(one, [build('bash-4.4-1.el8.x86_64')]);
  const removal = { kind: 'remove' as const, packages: ['tmux'] };
  await test.start(install('tmux'), [one], { single: true });
  const removed = await test.start(removal, [one], { single: true });
  const first = await test.next(one);
  await test.submit(one, first!.id);
  expect(await test.next(one)).toMatchObject({ kind: 'packages.remove' });
  await test.submit(one, (await test.runs.details(removed.id)).actions[0]!.id);
  // Then it is gone, and need not be removed again.
  await test.start(removal, [one], { single: true });
  expect(await test.next(one)).toBeUndefined();
});

it('makes one run for each time of a job', async () => {
  const test = await openRunning();
  const instances = await test.instances(3);
  await test.db
    .insertInto('job')
    .values({
      ...{ name: 'weekly', schedule: '{}', work: '{}', targets: '{}', state: 'active' },
      ...{ next_at: null, last_at: null, message: null, created_by: 'ada' },
      ...{ created_at: '2026-01-01T00:00:00Z', changed_at: '2026-01-01T00:00:00Z' },
    } as never)
    .execute();
  const about = { job: 1, dueAt: '2026-11-22T12:00:00.000Z' };
  const start = () => test.start({ kind: 'reboot' }, instances, about);
  const made = await Promise.all([start(), start(), start()]);
  const again = await start();
  expect(new Set([...made, again].map(({ id }) => id)).size).toBe(1);
  expect(await test.runs.ofJob(1, 10)).toHaveLength(1);
  const counted = await test.db
    .selectFrom('action')
    .select((e) => e.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  expect(counted.count).toBe(3);
});

it('ends the part of an instance that is removed', async () => {
  const test = await openRunning();
  const [one, two] = (await test.instances(2)) as [number, number];
  const { id } = await test.start({ kind: 'reboot' }, [one, two], {
    rollout: { maxAtOnce: 1 },
  });
  for (const instance of [one, two]) {
    await test.db.deleteFrom('instance').where('id', '=', instance).execute();
    await test.runs.forget(instance);
    await test.runs.settled();
  }
  expect((await test.runs.children(id, { limit: 10 })).map((c) => c.message)).toEqual([
    'the instance was removed',
    'the instance was removed',
  ]);
  expect(await test.runs.show(id)).toMatchObject({ status: 'FAILED' });
});

it('is cancelled as far as it is not begun', async () => {
  const test = await openRunning();
  test.offered.push(tmux);
  const [one, two, three] = (await test.instances(3)) as [number, number, number];
  const { id } = await test.start(install('tmux'), [one, two, three], {
    rollout: { maxAtOnce: 2 },
  });
  const call = await test.next(one);
  expect(await test.runs.cancel(id, 'user:ada')).toMatchObject({ status: 'CANCELLING' });
  expect(await test.outcomes(id)).toEqual(['picked_up', 'cancelled', 'cancelled']);
  expect(await test.next(two)).toBeUndefined();
  await test.submit(one, call!.id);
  expect(await test.runs.show(id)).toMatchObject({
    ...{ status: 'CANCELED', message: '1 of 3 done, 2 cancelled' },
  });
  await expect(test.runs.cancel(id, 'user:ada')).rejects.toMatchObject({ kind: 'conflict' });
});

it('is not cancelled where it ends at the same time', async () => {
  const test = await openRunning();
  const { id } = await test.start({ kind: 'reboot' }, await test.instances(2));
  const end = { status: 'SUCCEEDED', finished_at: '2026-11-22T12:00:01.000Z' } as const;
  // It is not written yet when the run is looked at.
  const ending = test.stores.commits.write((tx) => test.stores.runs.change(tx, [id], end));
  await expect(test.runs.cancel(id, 'user:ada')).rejects.toMatchObject({ kind: 'conflict' });
  await ending;
  expect(await test.runs.show(id)).toMatchObject({ status: 'SUCCEEDED', message: null });
  expect(test.noted).not.toContain(`run.cancelled ${id}`);
});

it('installs what is to be updated when it is handed out', async () => {
  const test = await openRunning();
  const [one, two] = (await test.instances(2)) as [number, number];
  await test.profiles.replace(one, [tmux]);
  const { id } = await test.start({ kind: 'updateAll', kinds: ['security'] }, [one, two]);
  test.updates.push(build('tmux-2.7-9.el8.x86_64'));
  const call = await test.next(one);
  expect(call).toMatchObject({
    kind: 'packages.update',
    params: [[['tmux', '2.7', '9.el8', '', 'x86_64']]],
  });
  expect(await test.next(two)).toBeUndefined();
  await test.submit(one, call!.id);
  expect((await test.runs.children(id, { limit: 2 })).map((c) => [c.outcome, c.message])).toEqual([
    ['done', 'done'],
    ['failed', 'it never said what it has installed'],
  ]);
  test.updates.length = 0;
  const again = await test.start({ kind: 'updateAll', kinds: 'all' }, [one], { single: true });
  expect(await test.next(one)).toBeUndefined();
  expect(await test.runs.show(again.id)).toMatchObject({
    ...{ status: 'SUCCEEDED', message: 'there was nothing to update' },
  });
  expect((await test.runs.details(again.id)).actions[0]).toMatchObject({ tries: 0 });
});
