import { expect, it } from 'vitest';
import { refusalOf } from '../../src/fleet/refusals.ts';
import { createActing, day, done, minute } from './acting.ts';

const refresh = { kind: 'packages.refresh_list', params: {} };
const iso = (ms: number) => new Date(ms).toISOString();

it('Actions are handed out by their earliest time, then in the order in which they were made', async () => {
  const { actions, one, two, time } = await createActing();
  const at = async (ms: number) =>
    (await actions.create([one.id], { ...refresh, earliestAt: iso(time.now + ms) }, 'admin'))[0]!
      .id;
  const [late, second, third, first] = [
    await at(10 * minute),
    await at(0),
    await at(0),
    await at(-minute),
  ];
  const order: number[] = [];
  const run = async () => {
    for (let next = await actions.next(one); next; next = await actions.next(one)) {
      order.push(next.id);
      await actions.submit(one, next.id, done);
    }
  };
  await run();
  expect(order).toEqual([first, second, third]);
  expect(await actions.length(one)).toBe(1);
  time.now += 10 * minute;
  await run();
  expect(order.at(-1)).toBe(late);
  expect(await actions.next(two)).toBeUndefined();
  expect(await actions.length(one)).toBe(0);
});

it('An action is marked as handed out before it is, keeps its id when it is offered again, and ends as unknown after its tries', async () => {
  const { actions, one } = await createActing();
  const { id } = (await actions.create([one.id], refresh, 'admin'))[0]!;
  for (const tries of [1, 2, 3]) {
    expect(await actions.next(one)).toEqual({ id, kind: 'packages.refresh_list', params: [] });
    expect(await actions.show(id)).toMatchObject({ state: 'picked_up', tries });
  }
  expect(await actions.next(one)).toBeUndefined();
  expect(await actions.show(id)).toMatchObject({
    state: 'unknown',
    message: 'no result came, though it was handed out 3 times',
  });
});

it('A result that does not come in time leaves the action unknown; one that comes later is taken still', async () => {
  const { actions, one, two, time } = await createActing();
  const made = await actions.create([one.id, two.id], refresh, 'admin');
  for (const instance of [one, two]) await actions.next(instance);
  time.now += day;
  expect(await actions.prune()).toEqual({ ended: 2, removed: 0 });
  for (const { id } of made) {
    expect(await actions.show(id)).toMatchObject({
      state: 'unknown',
      message: 'no result came since it was handed out',
    });
  }
  await actions.submit(two, made[1]!.id, done);
  expect(await actions.show(made[1]!.id)).toMatchObject({ state: 'completed', message: 'done' });
});

it('What is not asked for in time expires', async () => {
  const { actions, one, two, time } = await createActing();
  const request = { ...refresh, expiresAt: iso(time.now + minute) };
  const [a, b] = await actions.create([one.id, two.id], request, 'admin');
  time.now += minute;
  expect(await actions.next(one)).toBeUndefined();
  expect((await actions.show(a!.id)).state).toBe('expired');
  expect((await actions.show(b!.id)).state).toBe('queued');
  expect(await actions.prune()).toEqual({ ended: 1, removed: 0 });
  expect((await actions.show(b!.id)).state).toBe('expired');
});

it('What was handed out and expired is not offered again, and its result is taken', async () => {
  const { actions, one, time } = await createActing();
  const request = { ...refresh, expiresAt: iso(time.now + minute) };
  const [a] = await actions.create([one.id], request, 'admin');
  await actions.next(one);
  time.now += minute;
  expect(await actions.next(one)).toBeUndefined();
  await actions.submit(one, a!.id, done);
  expect((await actions.show(a!.id)).state).toBe('completed');
});

it('An action is held back until its prerequisite is completed', async () => {
  const { actions, one } = await createActing();
  const [first] = await actions.create([one.id], refresh, 'admin');
  const [second] = await actions.create([one.id], { ...refresh, after: first!.id }, 'admin');
  const [other] = await actions.create([one.id], refresh, 'admin');
  expect((await actions.next(one))?.id).toBe(first!.id);
  await actions.submit(one, first!.id, done);
  expect((await actions.next(one))?.id).toBe(second!.id);
  await actions.submit(one, second!.id, done);
  expect((await actions.next(one))?.id).toBe(other!.id);
});

it.each([
  ['failed', 'failed'],
  ['cancelled', 'was cancelled'],
  ['expired', 'expired'],
  ['unknown', 'brought no result'],
] as const)('All that waits for an action fails when that is %s', async (end, words) => {
  const { actions, one, time, noted } = await createActing();
  const expiresAt = end === 'expired' ? iso(time.now + minute) : null;
  const [first] = await actions.create([one.id], { ...refresh, expiresAt }, 'admin');
  const [second] = await actions.create([one.id], { ...refresh, after: first!.id }, 'admin');
  const [third] = await actions.create([one.id], { ...refresh, after: second!.id }, 'admin');
  if (end === 'cancelled') await actions.cancel(first!.id, 'admin');
  if (end === 'failed' || end === 'unknown') await actions.next(one);
  if (end === 'failed') await actions.submit(one, first!.id, { ...done, status: 1 });
  time.now += 2 * day;
  expect(await actions.next(one)).toBeUndefined();
  expect(await actions.show(first!.id)).toMatchObject({ state: end });
  expect(await actions.show(second!.id)).toMatchObject({
    state: 'failed',
    message: `action ${first!.id}, which this one waited for, ${words}`,
  });
  expect(await actions.show(third!.id)).toMatchObject({
    state: 'failed',
    message: `action ${second!.id}, which this one waited for, failed`,
  });
  expect(noted.slice(3)).toEqual([
    `action.${end} ${first!.id}`,
    `action.failed ${second!.id}`,
    `action.failed ${third!.id}`,
  ]);
  await expect(
    actions.create([one.id], { ...refresh, after: first!.id }, 'admin'),
  ).rejects.toMatchObject({ kind: 'conflict' });
});

it('A result is taken once; for what was not handed out to this instance it is refused', async () => {
  const { actions, one, two } = await createActing();
  const [first, second] = [
    ...(await actions.create([one.id], refresh, 'admin')),
    ...(await actions.create([one.id], refresh, 'admin')),
  ];
  await actions.next(one);
  await actions.submit(one, first!.id, { status: 20, message: 'no', data: { a: 1 } });
  await actions.submit(one, first!.id, done);
  expect(await actions.show(first!.id)).toMatchObject({
    state: 'failed',
    status: 20,
    message: 'no',
    result: { data: { a: 1 } },
  });
  for (const [instance, id] of [
    [two, first!.id],
    [one, second!.id],
    [one, 4711],
    [one, 1.5],
    [one, Number.NaN],
  ] as const) {
    const error = await actions.submit(instance, id, done).catch((e) => e);
    expect(refusalOf(error)).toBe('no_such_action');
  }
  expect((await actions.show(second!.id)).state).toBe('queued');
});

it('Without a number as status an action failed, and its message is kept', async () => {
  const { actions, one } = await createActing();
  const [a] = await actions.create([one.id], { kind: 'packages.fullUpdate', params: {} }, 'admin');
  await actions.next(one);
  const message = 'Error while executing packages action: empty transaction';
  await actions.submit(one, a!.id, { status: undefined, message, data: {} });
  expect(await actions.show(a!.id)).toMatchObject({ state: 'failed', status: null, message });
});

it('An action that was handed out can be cancelled: it is not offered again, and its result is taken', async () => {
  const { actions, one } = await createActing();
  const [a] = await actions.create([one.id], refresh, 'admin');
  await actions.next(one);
  expect(await actions.cancel(a!.id, 'user:ann')).toMatchObject({
    state: 'cancelled',
    message: 'user:ann cancelled it',
  });
  expect(await actions.next(one)).toBeUndefined();
  await actions.submit(one, a!.id, done);
  expect((await actions.show(a!.id)).state).toBe('completed');
  await expect(actions.cancel(a!.id, 'user:ann')).rejects.toMatchObject({ kind: 'conflict' });
});

it('Open actions are found again after a restart, and an instance without any costs no query', async () => {
  const { actions, one, two, again, db } = await createActing();
  const [a] = await actions.create([one.id], refresh, 'admin');
  const later = await again();
  expect((await later.next(one))?.id).toBe(a!.id);
  await later.submit(one, a!.id, done);
  expect(await later.next(one)).toBeUndefined();
  // From here on every query would fail.
  await db.destroy();
  expect(await later.next(one)).toBeUndefined();
  expect(await later.next(two)).toBeUndefined();
  expect(await later.length(two)).toBe(0);
  expect(await later.future(two, 24)).toEqual([]);
});

it('What ended long ago is deleted; what waited for it goes on', async () => {
  const { actions, one, time } = await createActing();
  const [first] = await actions.create([one.id], refresh, 'admin');
  const earliestAt = iso(time.now + 100 * day);
  const [second] = await actions.create(
    [one.id],
    { ...refresh, after: first!.id, earliestAt },
    'a',
  );
  await actions.next(one);
  await actions.submit(one, first!.id, done);
  time.now += 90 * day;
  expect(await actions.prune()).toEqual({ ended: 0, removed: 0 });
  time.now += 10 * day;
  expect(await actions.prune()).toEqual({ ended: 0, removed: 1 });
  await expect(actions.show(first!.id)).rejects.toMatchObject({ kind: 'not_found' });
  expect((await actions.next(one))?.id).toBe(second!.id);
});

it('Many that ask at once are handed out no more than the tries allow', async () => {
  const { actions, one } = await createActing();
  const [a] = await actions.create([one.id], refresh, 'admin');
  const all = await Promise.all(Array.from({ length: 20 }, () => actions.next(one)));
  expect(all.filter(Boolean)).toHaveLength(3);
  expect(await actions.show(a!.id)).toMatchObject({ state: 'unknown', tries: 3 });
});
