import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { createLog } from '../../src/base/log.ts';
import { createWorkRequests, type Progress } from '../../src/fleet/work-requests.ts';
import { createOcids } from '../../src/identity/ocid.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { openState } from '../../src/store/state/state.ts';
import { createWorkRequestTable } from '../../src/store/state/work-requests.ts';
import { temporaryFolder } from '../support/app.ts';

const ocids = createOcids(Buffer.alloc(16, 7));
const about = {
  ...{ operationType: 'SYNC', compartment: '', description: 'Sync base', by: 'alice' },
  resources: [{ kind: 'source' as const, subject: 'base', action: 'UPDATED' }],
};

async function opened({ folder = '', keepMs = 1000 } = {}) {
  const path = folder || (await temporaryFolder());
  const db = openState(dataPaths(path));
  const logged: string[] = [];
  const workRequests = createWorkRequests({
    ...{ table: createWorkRequestTable(db), ocids, keepMs: () => keepMs },
    log: createLog('info', { destination: { write: (line: string) => void logged.push(line) } }),
    identify: async (_, subject) => ({ ocid: `ocid of ${subject}`, name: `name of ${subject}` }),
  });
  let closed = false;
  const close = async () => {
    if (!closed) await db.destroy();
    closed = true;
  };
  onTestFinished(close);
  return { ...workRequests, folder: path, logged, closeDb: close };
}

/** Something that goes on until it is let go. */
function held() {
  let go: (error?: Error) => void = () => {};
  const until = new Promise<void>((resolve, reject) => {
    go = (error) => (error ? reject(error) : resolve());
  });
  return { until, go };
}

it('answers at once, and says how far it is until it is done', async () => {
  const { start, get, logs, errors, settled } = await opened();
  const { until, go } = held();
  let progress: Progress | undefined;
  const { id, ocid } = await start(about, async (said) => {
    progress = said;
    said.log('the first\nstep');
    await until;
    said.log('the second');
    return 'all is well';
  });
  expect(ocid).toBe(ocids.of('osmsworkrequest', id));
  await expect.poll(async () => (await get(id))?.status, { timeout: 10_000 }).toBe('IN_PROGRESS');
  await expect.poll(() => progress).toBeDefined();
  progress!.percent(40.7);
  progress!.percent(30);
  expect(await get(id)).toMatchObject({ percent: 40, finished_at: null, message: null, ocid });
  progress!.percent(500);
  expect((await get(id))?.percent).toBe(99);
  go();
  await settled();
  expect(await get(id)).toMatchObject({
    ...{ status: 'SUCCEEDED', percent: 100, message: 'all is well', created_by: 'alice' },
    resources: [{ ...about.resources[0], ocid: 'ocid of base', name: 'name of base' }],
    finished_at: expect.any(String),
  });
  expect((await logs(id)).map(({ message }) => message)).toEqual(['the first step', 'the second']);
  expect(await errors(id)).toEqual([]);
});

it('says why it failed, and of a bug nothing but that it did', async () => {
  const { start, get, errors, settled, logged } = await opened();
  const refused = await start(about, async ({ percent }) => {
    percent(20);
    throw new AppError('unreachable', 'no answer', { hint: 'look at the cable' });
  });
  const bug = await start(about, () => Promise.reject(new Error('the password is swordfish')));
  await settled();
  const failed = { status: 'FAILED', percent: 20, message: 'no answer: look at the cable' };
  expect(await get(refused.id)).toMatchObject(failed);
  expect(await errors(refused.id)).toMatchObject([
    { code: 'unreachable', message: 'no answer: look at the cable' },
  ]);
  expect(await get(bug.id)).toMatchObject({ status: 'FAILED', message: 'internal error' });
  expect(logged.join()).toContain('swordfish');
});

it('carries a few out at a time; the others wait', async () => {
  const { start, list, settled } = await opened();
  const { until, go } = held();
  let most = 0;
  let running = 0;
  for (let i = 0; i < 40; i++) {
    await start(about, async () => {
      most = Math.max(most, ++running);
      await until;
      running--;
    });
  }
  await sleep(50);
  const all = await list({ compartment: '', by: 'time', descending: false, limit: 100 });
  expect(all.filter(({ status }) => status === 'ACCEPTED')).toHaveLength(24);
  go();
  await settled();
  expect(most).toBe(16);
});

it('lists those of a compartment or an instance, page after page', async () => {
  const { start, list, settled } = await opened();
  const base = { by: 'time', descending: true, compartment: '' } as const;
  for (let i = 0; i < 5; i++) {
    const description = `job ${i % 2}`;
    await start({ ...about, description, ...(i > 2 && { instance: 7 }) }, async () => {});
  }
  await settled();
  const ids = (rows: { id: number }[]) => rows.map(({ id }) => id);
  const first = await list({ ...base, limit: 3 });
  expect(ids(first)).toEqual([5, 4, 3]);
  expect(ids(await list({ ...base, limit: 3, after: first[2]! }))).toEqual([2, 1]);
  const named = { ...base, by: 'description', descending: false, limit: 3 } as const;
  expect(ids(await list(named))).toEqual([1, 3, 5]);
  expect(ids(await list({ ...named, after: { description: 'job 0', id: 5 } }))).toEqual([2, 4]);
  const down = { ...named, descending: true };
  expect(ids(await list({ ...down, after: { description: 'job 1', id: 2 } }))).toEqual([5, 3, 1]);
  expect(ids(await list({ ...base, limit: 9, instance: 7 }))).toEqual([5, 4]);
  expect(ids(await list({ ...base, limit: 9, description: 'job 1' }))).toEqual([4, 2]);
  expect(await list({ ...base, limit: 9, compartment: 'teams' })).toEqual([]);
});

it('marks as failed what ran when the process ended', async () => {
  const before = await opened();
  const { id } = await before.start(about, () => new Promise(() => {}));
  await expect.poll(async () => (await before.get(id))?.status).toBe('IN_PROGRESS');
  const after = await opened({ folder: before.folder });
  await after.interrupted();
  const message = 'the server was stopped before this was done';
  expect(await after.get(id)).toMatchObject({ status: 'FAILED', message });
  expect(await after.errors(id)).toMatchObject([{ code: 'cancelled', message }]);
});

it('marks as failed what has not ended when it closes, and takes no more', async () => {
  const { start, close, get, settled } = await opened();
  const { until, go } = held();
  const done = await start(about, async () => 'done');
  await expect.poll(async () => (await get(done.id))?.status).toBe('SUCCEEDED');
  const { id } = await start(about, () => until);
  await close();
  expect(await get(id)).toMatchObject({ status: 'FAILED' });
  expect(await get(done.id)).toMatchObject({ status: 'SUCCEEDED' });
  go();
  await settled();
  expect(await get(id)).toMatchObject({ status: 'FAILED' });
  await expect(start(about, async () => {})).rejects.toThrow('being stopped');
});

it('forgets those that ended long ago, with what was said of them', async () => {
  const { start, get, logs, settled, prune } = await opened({ keepMs: 1 });
  const { until, go } = held();
  const ended = await start(about, async ({ log }) => log('a step'));
  const runs = await start(about, () => until);
  await expect.poll(async () => (await get(ended.id))?.status).toBe('SUCCEEDED');
  await sleep(5);
  await prune();
  expect(await get(ended.id)).toBeUndefined();
  expect(await logs(ended.id)).toEqual([]);
  expect(await get(runs.id)).toBeDefined();
  go();
  await settled();
});
