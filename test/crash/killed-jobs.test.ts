import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type Job, rowOf } from '../../src/jobs/job.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { createJobTable } from '../../src/store/state/jobs.ts';
import { openState } from '../../src/store/state/state.ts';
import { createPlace, until } from '../cli/headwater.ts';
import { openFleet } from '../fleet/fleet.ts';
import { randomFrom } from '../support/random.ts';

const seed = Number(process.env.CRASH_SEED ?? Date.now() % 2 ** 32);
const machines = 200;
const jobs = 30;
const kills = 4;

it(`Jobs that are due have one run each, with all of their instances, after any SIGKILL (CRASH_SEED=${seed})`, {
  timeout: 180_000,
}, async () => {
  const random = randomFrom(seed);
  const place = await createPlace(JSON.stringify({ min_free: '1MB' }));
  const data = join(place.folder, 'data');
  await mkdir(data, { recursive: true });
  const instances = await registered(data);
  await withState(data, async (state) => {
    const table = createJobTable(state);
    const at = new Date(Date.now() - 60_000).toISOString();
    for (let i = 0; i < jobs; i++) {
      await table.add({ ...rowOf(dueJob(at, instances)), created_at: at, created_by: 'ada' });
    }
  });
  const ended = () =>
    withState(data, async (state) => {
      const rows = await createJobTable(state).all();
      return rows.filter((row) => row.state === 'ended').length;
    });
  const left: number[] = [];
  for (let round = 1; round <= kills; round++) {
    const server = await place.serve();
    await sleep(random() * 400);
    await server.stop('SIGKILL');
    left.push(jobs - (await ended()));
  }
  const server = await place.serve();
  await until(async () => {
    const { value } = await place.json<{ state: string }[]>('job', 'list');
    return value.every(({ state }) => state === 'ended');
  });
  await server.stop();
  await withState(data, async (state) => {
    const runs = await state
      .selectFrom('work_request')
      .where('job', 'is not', null)
      .select(['id', 'job'])
      .execute();
    expect(runs.map(({ job }) => job).toSorted((a, b) => a! - b!)).toEqual(
      Array.from({ length: jobs }, (_, i) => i + 1),
    );
    for (const { id } of runs) {
      const children = await state
        .selectFrom('work_request as child')
        .leftJoin('action', 'action.work_request', 'child.id')
        .where('child.parent', '=', id)
        .orderBy('child.instance')
        .select(['child.instance', 'action.id as action', 'child.outcome'])
        .execute();
      // One action each: none is lost, and none is there twice.
      expect(children.map(({ instance }) => instance)).toEqual(instances);
      expect(children.every(({ action, outcome }) => action !== null && outcome === 'queued')).toBe(
        true,
      );
    }
  });
  // What was killed had not done it all.
  expect(left[0]).toBeGreaterThan(0);
});

const dueJob = (at: string, instances: number[]): Omit<Job, 'id' | 'createdAt' | 'createdBy'> => ({
  ...{ name: 'due', compartment: '', description: '', freeformTags: {}, definedTags: {} },
  schedule: { once: at, timeZone: 'UTC' },
  work: { kind: 'reboot' },
  targets: { instances, groups: [], compartments: [], gone: [] },
  ...{ rollout: {}, state: 'active', nextAt: at, lastAt: null, message: null },
  ...{ failed: false, skipped: [], changedAt: at },
});

/** Ids of machines that are registered in a data folder that nobody holds. */
async function registered(data: string): Promise<number[]> {
  const fleet = await openFleet({}, data);
  const key = await fleet.key();
  const ids: number[] = [];
  for (let i = 0; i < machines; i++) {
    const machine = { name: `m${i}`, osName: 'oraclelinux-release', osRelease: '8' };
    const about = { ...machine, arch: 'x86_64', keys: [key] };
    ids.push((await fleet.registration.register(about, '192.0.2.1')).instance.id);
  }
  await fleet.close();
  return ids;
}

async function withState<T>(
  data: string,
  use: (state: ReturnType<typeof openState>) => Promise<T>,
): Promise<T> {
  const state = openState(dataPaths(data));
  try {
    return await use(state);
  } finally {
    await state.destroy();
  }
}
