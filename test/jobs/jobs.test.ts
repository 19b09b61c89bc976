import { expect, it, vi } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { openJobs, refusal } from './clock.ts';

const daily = { every: 'day', from: '2026-03-01T03:00:00Z' };

it('A job runs once at its time, and has ended then', async () => {
  const test = await openJobs('2026-03-01T00:00:00Z');
  const { id } = await test.create({ once: '2026-03-01T03:00:00Z' });
  await test.pass(179);
  expect(test.made).toEqual([]);
  await test.pass(2);
  expect(test.made).toMatchObject([
    { instances: [1, 2], dueAt: '2026-03-01T03:00:00.000Z', by: `job:${id}`, description: 'night' },
  ]);
  expect(await test.jobs.require(id)).toMatchObject({
    ...{ state: 'ended', nextAt: null, lastAt: '2026-03-01T03:00:00.000Z', message: null },
    failed: false,
  });
  await test.pass(100, 50);
  expect(test.made).toHaveLength(1);
});

it('A job that is to run now has begun when it is made', async () => {
  const test = await openJobs('2026-03-01T00:00:00.750Z');
  const { state } = await test.create({ now: true });
  expect(state).toBe('ended');
  expect(test.made).toHaveLength(1);
  test.again();
  await test.pass(2);
  expect(test.made).toHaveLength(1);
});

it('A recurring job runs again and again, until its end', async () => {
  const test = await openJobs('2026-03-01T00:00:00Z');
  const { id } = await test.create({ ...daily, until: '2026-03-03T03:00:00Z' });
  for (let day = 0; day < 5; day++) {
    await test.pass(1440, 60);
    await test.finishRuns();
  }
  expect(test.dues()).toEqual(['2026-03-01T03:00Z', '2026-03-02T03:00Z', '2026-03-03T03:00Z']);
  expect((await test.jobs.require(id)).state).toBe('ended');
});

it('After downtime one missed run happens, and then the next regular one', async () => {
  const test = await openJobs('2026-03-01T02:00:00Z');
  const { id } = await test.create(daily);
  await test.pass(120, 10);
  await test.finishRuns();
  test.set('2026-03-06T12:00:00Z');
  test.again();
  await test.jobs.tick();
  expect(test.dues()).toEqual(['2026-03-01T03:00Z', '2026-03-06T03:00Z']);
  expect(test.made[1]!.description).toBe('night (late: it was due at 2026-03-06T03:00:00.000Z)');
  expect((await test.jobs.require(id)).message).toBe('it ran late, at 2026-03-06T12:00:00.000Z');
  await test.finishRuns();
  await test.pass(1440, 60);
  expect(test.dues().at(-1)).toBe('2026-03-07T03:00Z');
  expect(test.made).toHaveLength(3);
  expect((await test.jobs.require(id)).message).toBeNull();
});

it('A missed run whose window is over does not happen, which is said', async () => {
  const test = await openJobs('2026-03-01T02:00:00Z');
  const rollout = { window: { from: '03:00', minutes: 60 } };
  const recurring = await test.create(daily, { rollout });
  const once = await test.create({ once: '2026-03-01T03:00:00Z' }, { rollout });
  const unable: number[] = [];
  test.jobs.onUnable(({ id }) => unable.push(id));
  test.set('2026-03-01T04:00:00Z');
  await test.jobs.tick();
  expect(test.made).toEqual([]);
  expect(unable).toEqual([recurring.id, once.id]);
  const message =
    'the run that was due at 2026-03-01T03:00:00.000Z was missed: its window was over';
  expect(await test.jobs.require(recurring.id)).toMatchObject({
    ...{ message, state: 'active', nextAt: '2026-03-02T03:00:00.000Z' },
  });
  expect(await test.jobs.require(once.id)).toMatchObject({ message, state: 'ended', failed: true });
});

it('A run begins when the window opens, and what is not handed out when it closes is left', async () => {
  const test = await openJobs('2026-03-01T00:00:00Z');
  // Saturdays and Sundays; the 7th is the next.
  const window = { days: ['sat', 'sun'], from: '22:00', minutes: 180 };
  const schedule = { every: 'day', from: '2026-03-02T09:00:00Z', timeZone: 'Europe/Berlin' };
  await test.create(schedule, { rollout: { window } });
  await test.pass(13 * 1440, 30);
  expect(test.made.map(({ dueAt, rollout }) => [dueAt, rollout.until])).toEqual([
    ['2026-03-07T21:00:00.000Z', '2026-03-08T00:00:00.000Z'],
    ['2026-03-08T21:00:00.000Z', '2026-03-09T00:00:00.000Z'],
  ]);
});

it('A clock that is put back or forward makes no run twice', async () => {
  const test = await openJobs('2026-03-01T00:00:00Z');
  const hourly = { every: 'hour', from: '2026-03-01T00:30:00Z' };
  await test.create(hourly);
  await test.pass(240, 5);
  test.set('2026-03-01T01:00:00Z');
  await test.finishRuns();
  await test.pass(240, 5);
  expect(test.dues()).toEqual([0, 1, 2, 3, 4].map((h) => `2026-03-01T0${h}:30Z`));
  // A year ahead by mistake, and back again: it goes on.
  await test.finishRuns();
  test.set('2027-03-01T01:45:00Z');
  await test.jobs.tick();
  await test.finishRuns();
  test.set('2026-03-01T05:00:00Z');
  await test.pass(60, 5);
  expect(test.dues().slice(5)).toEqual(['2027-03-01T01:30Z', '2026-03-01T05:30Z']);
});

it('A process that is killed once a run is made makes no other one', async () => {
  const test = await openJobs('2026-03-01T02:00:00Z');
  const { id } = await test.create(daily);
  test.set('2026-03-01T03:00:00Z');
  test.knobs.killed = true;
  expect(await test.jobs.tick()).toBe(false);
  expect(await test.jobs.require(id)).toMatchObject({ lastAt: null });
  test.knobs.killed = false;
  test.again();
  expect(await test.jobs.tick()).toBe(true);
  expect(test.made).toHaveLength(1);
  expect(await test.jobs.require(id)).toMatchObject({
    ...{ lastAt: '2026-03-01T03:00:00.000Z', nextAt: '2026-03-02T03:00:00.000Z' },
  });
});

it('What cannot be made is said, and what goes by is tried again', async () => {
  const test = await openJobs('2026-03-01T02:00:00Z');
  const { id } = await test.create(daily);
  const once = await test.create({ once: '2026-03-01T03:00:00Z' });
  const unable: object[] = [];
  test.jobs.onUnable((about) => unable.push(about));
  test.knobs.refusal = new AppError('no_space', 'the disk is full');
  test.set('2026-03-01T03:00:00Z');
  expect(await test.jobs.tick()).toBe(false);
  expect(unable).toEqual([]);
  test.knobs.refusal = refusal;
  await test.pass(1);
  const message = 'the run that was due at 2026-03-01T03:00:00.000Z could not be made: not today';
  expect(await test.jobs.require(id)).toMatchObject({ message, state: 'active', failed: false });
  expect(await test.jobs.require(once.id)).toMatchObject({ message, state: 'ended', failed: true });
  expect(unable).toEqual([id, once.id].map((job) => ({ id: job, name: 'night', message })));
});

it('What is gone is left out, which is said; of nobody a run is made that has nothing to do', async () => {
  const test = await openJobs('2026-03-01T02:00:00Z');
  const { id } = await test.create(daily, { targets: { instances: [1, 9], groups: ['web'] } });
  await test.jobs.forget('group', 'web');
  test.set('2026-03-01T03:00:00Z');
  await test.jobs.tick();
  expect(test.made).toMatchObject([{ instances: [1] }]);
  expect((await test.jobs.require(id)).message).toBe(
    'left out, as they are no more: group web, instance 9',
  );
  await test.finishRuns();
  test.knobs.instances = [];
  test.set('2026-03-02T03:00:00Z');
  await test.jobs.tick();
  expect(test.made).toMatchObject([{}, { instances: [] }]);
  const { message, state } = await test.jobs.require(id);
  expect(message).toContain('there was nothing to do: no instance is left');
  expect(state).toBe('active');
});

it('Who is at an earlier run of the same job still is left out of the next', async () => {
  const test = await openJobs('2026-03-01T02:00:00Z');
  const { id } = await test.create(daily);
  await test.pass(120, 10);
  await test.db
    .updateTable('work_request')
    .set({ finished_at: '2026-03-01T04:00:00Z' })
    .where('instance', '=', 1)
    .execute();
  await test.pass(1440, 60);
  expect(test.made.map(({ instances }) => instances)).toEqual([[1, 2], [1]]);
  expect((await test.jobs.require(id)).message).toBe(
    'left out, as they are at an earlier run still: 1 of them',
  );
});

it('A run can be left out, and a job paused and resumed', async () => {
  const test = await openJobs('2026-03-01T02:00:00Z');
  const { id } = await test.create(daily);
  expect((await test.jobs.skip(id, 'bob')).nextAt).toBe('2026-03-02T03:00:00.000Z');
  // Also where the clock is put back, or the process is another.
  test.again();
  test.set('2026-02-28T23:00:00Z');
  await test.pass(1440, 60);
  expect(test.made).toEqual([]);
  await test.pass(360, 60);
  expect(test.dues()).toEqual(['2026-03-02T03:00Z']);
  await test.finishRuns();
  expect(await test.jobs.pause(id, 'bob')).toMatchObject({ state: 'paused', nextAt: null });
  await test.pass(2 * 1440, 60);
  expect(test.made).toHaveLength(1);
  await expect(test.jobs.skip(id, 'bob')).rejects.toMatchObject({ kind: 'conflict' });
  const resumed = await test.jobs.resume(id, 'bob');
  expect(resumed).toMatchObject({ state: 'active', nextAt: '2026-03-05T03:00:00.000Z' });
  expect(test.notes.map(({ event }) => event)).toEqual([
    ...['job.created', 'job.skipped', 'job.paused', 'job.resumed'],
  ]);
});

it('What is left out stays left out when a job is paused and resumed', async () => {
  const test = await openJobs('2026-03-01T02:00:00Z');
  const { id } = await test.create(daily);
  await test.jobs.skip(id, 'bob');
  await test.jobs.pause(id, 'bob');
  const resumed = await test.jobs.resume(id, 'bob');
  expect(resumed).toMatchObject({ state: 'active', nextAt: '2026-03-02T03:00:00.000Z' });
  await test.pass(2 * 1440, 60);
  expect(test.dues()).toEqual(['2026-03-02T03:00Z']);
});

it('Several runs that are left out stay left out, whatever comes between', async () => {
  for (const between of ['another process', 'a pause', 'a clock that is put back'] as const) {
    const test = await openJobs('2026-03-01T02:00:00Z');
    const { id } = await test.create(daily);
    await test.jobs.skip(id, 'bob');
    await test.jobs.skip(id, 'bob');
    if (between === 'another process') test.again();
    if (between === 'a clock that is put back') test.set('2026-02-28T12:00:00Z');
    if (between === 'a pause') {
      await test.jobs.pause(id, 'bob');
      await test.jobs.resume(id, 'bob');
    }
    await test.jobs.tick();
    expect((await test.jobs.require(id)).nextAt, between).toBe('2026-03-03T03:00:00.000Z');
    while (test.knobs.now < Date.parse('2026-03-03T04:00:00Z')) await test.pass(60, 20);
    expect(test.dues(), between).toEqual(['2026-03-03T03:00Z']);
  }
});

it('A job whose time went by while it was paused is not resumed', async () => {
  const test = await openJobs('2026-03-01T02:00:00Z');
  const { id } = await test.create({ once: '2026-03-01T03:00:00Z' });
  await test.jobs.pause(id, 'ada');
  test.set('2026-03-01T04:00:00Z');
  await expect(test.jobs.resume(id, 'ada')).rejects.toMatchObject({ kind: 'conflict' });
  await test.jobs.change(id, { schedule: { once: '2026-03-01T05:00:00Z' } }, 'ada');
  expect(await test.jobs.resume(id, 'ada')).toMatchObject({ state: 'active' });
  // The last one that is left out ends it.
  expect(await test.jobs.skip(id, 'ada')).toMatchObject({ state: 'ended', nextAt: null });
  await expect(test.jobs.pause(id, 'ada')).rejects.toMatchObject({ kind: 'conflict' });
  await expect(test.jobs.resume(id, 'ada')).rejects.toMatchObject({
    ...{ kind: 'conflict', message: `job ${id} has ended` },
  });
});

it('Somebody may run a job at any time; its own time stays', async () => {
  const test = await openJobs('2026-03-01T02:00:00Z');
  const rollout = { window: { from: '03:00', minutes: 60 }, maxAtOnce: '40%', stopAfter: 2 };
  const targets = { instances: [1, 2, 3] };
  const { id } = await test.create(daily, { rollout, targets });
  const run = await test.jobs.runNow(id, 'bob');
  expect(run).toMatchObject({ instances: 3, message: null });
  expect(test.made).toMatchObject([
    {
      ...{ dueAt: undefined, by: 'user:bob' },
      rollout: { maxAtOnce: 1, stopAfter: 2, until: undefined },
    },
  ]);
  expect((await test.jobs.require(id)).nextAt).toBe('2026-03-01T03:00:00.000Z');
  expect(await test.jobs.runs(id, 9)).toMatchObject([{ id: run.id, dueAt: null }]);
});

it('What would never run is refused, and so is what is for nobody', async () => {
  const test = await openJobs('2026-03-01T02:00:00Z');
  const late = { once: '2026-03-01T01:58:00Z' };
  await expect(test.create(late)).rejects.toMatchObject({
    ...{ kind: 'usage', message: 'the time of the job, 2026-03-01T01:58:00.000Z, is over' },
  });
  // The clock of who asks may be another.
  await expect(test.create({ once: '2026-03-01T01:59:30Z' })).resolves.toMatchObject({
    state: 'active',
  });
  const over = { every: 'day', from: '2025-01-01T00:00:00Z', until: '2026-02-01T00:00:00Z' };
  for (const [schedule, more] of [
    [over, {}],
    [{ cron: '0 0 30 2 *' }, {}],
    [daily, { targets: { instances: [] } }],
    [daily, { targets: { search: {} } }],
    [daily, { targets: { everybody: true } }],
    [daily, { name: '' }],
    [daily, { rollout: { maxAtOnce: 0 } }],
    [daily, { rollout: { maxAtOnce: '0%' } }],
    [daily, { rollout: { stopAfter: -1 } }],
    [daily, { rollout: { window: { from: '25:00', minutes: 10 } } }],
    [daily, { rollout: { window: { from: '22:00', minutes: 1441 } } }],
  ] as const) {
    await expect(test.create(schedule, more), JSON.stringify([schedule, more])).rejects.toThrow(
      AppError,
    );
  }
  // What began long ago and recurs still is none of these.
  const { nextAt } = await test.create({ every: 'day', from: '2020-01-01T05:00:00Z' });
  expect(nextAt).toBe('2026-03-01T05:00:00.000Z');
});

it('Another schedule wakes a job that has ended, and what is said otherwise leaves its time alone', async () => {
  const test = await openJobs('2026-03-01T02:00:00Z');
  const { id } = await test.create({ now: true });
  expect(await test.jobs.change(id, { name: 'other' }, 'ada')).toMatchObject({ state: 'ended' });
  const woken = await test.jobs.change(id, { schedule: daily }, 'ada');
  expect(woken).toMatchObject({ state: 'active', nextAt: '2026-03-01T03:00:00.000Z' });
  await test.jobs.skip(id, 'ada');
  const same = await test.jobs.change(id, { schedule: daily, description: 'x' }, 'ada');
  expect(same.nextAt).toBe('2026-03-02T03:00:00.000Z');
  const window = { from: '05:00', minutes: 30 };
  const moved = await test.jobs.change(id, { rollout: { window } }, 'ada');
  expect(moved.nextAt).toBe('2026-03-01T05:00:00.000Z');
});

it('A compartment that gets another path is the same for jobs, one that is removed is no more', async () => {
  const test = await openJobs('2026-03-01T02:00:00Z');
  const targets = { compartments: ['team', 'team:web', 'teams'], search: { compartment: 'team' } };
  const { id } = await test.create(daily, { targets });
  await test.jobs.renamed('team', 'crew');
  expect((await test.jobs.require(id)).targets).toMatchObject({
    ...{ compartments: ['crew', 'crew:web', 'teams'], search: { compartment: 'crew' } },
  });
  await test.jobs.forget('compartment', 'crew');
  const { targets: left } = await test.jobs.require(id);
  expect(left).toMatchObject({ compartments: ['crew:web', 'teams'], gone: ['compartment crew'] });
  expect(left.search).toBeUndefined();
});

it('Times to come are listed in their order, and what ended long ago is removed', async () => {
  const test = await openJobs('2026-03-01T02:00:00Z');
  const first = await test.create(daily);
  const second = await test.create({ every: 'hour', interval: 9, from: '2026-03-01T03:00:00Z' });
  const ended = await test.create({ now: true });
  const upcoming = await test.jobs.upcoming(Date.parse('2026-03-02T03:00:00Z'), 2);
  expect(upcoming.map(({ job, at }) => [job.id, at.slice(8, 13)])).toEqual([
    ...[
      [first.id, '01T03'],
      [second.id, '01T03'],
      [second.id, '01T12'],
      [first.id, '02T03'],
    ],
  ]);
  await test.jobs.prune('2026-03-01T02:00:00.000Z');
  expect(await test.jobs.find(ended.id)).toBeDefined();
  await test.jobs.prune('2026-03-01T02:00:00.001Z');
  expect(await test.jobs.find(ended.id)).toBeUndefined();
  await test.jobs.remove(first.id, 'ada');
  expect((await test.jobs.list()).map(({ id }) => id)).toEqual([second.id]);
});

it('Looks at the clock by itself, also for what was made meanwhile', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const test = await openJobs('2026-03-01T02:59:50Z');
    test.jobs.start();
    await test.create(daily);
    await vi.advanceTimersByTimeAsync(1);
    test.set('2026-03-01T03:00:00Z');
    await vi.advanceTimersByTimeAsync(10_000);
    await vi.waitFor(() => expect(test.made).toHaveLength(1));
    await test.jobs.close();
    test.set('2026-03-02T03:00:00Z');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(test.made).toHaveLength(1);
  } finally {
    vi.useRealTimers();
  }
});
