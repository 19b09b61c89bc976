import { expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { standIn } from './stand-in.ts';

const about = {
  ...{ operationType: 'SYNC', compartment: '', description: 'Sync base', by: 'alice' },
  resources: [{ kind: 'source' as const, subject: 'base', action: 'UPDATED' }],
};

it('shows a work request while it runs, and how it ended', async () => {
  const { ask, workRequests, ocidOf, ocids, door } = await standIn();
  let go: () => void = () => {};
  const until = new Promise<void>((resolve) => {
    go = resolve;
  });
  const { ocid } = await workRequests.start({ ...about, instance: 1_000_010_000 }, async (said) => {
    said.log('began');
    said.percent(30);
    await until;
    return 'it was synced';
  });
  await expect
    .poll(async () => (await ask(`GET /workRequests/${ocid}`)).body.percentComplete)
    .toBe(30);
  const running = await ask(`GET /workRequests/${ocid}`);
  expect(running.headers.get('retry-after')).toBe('1');
  const id = 'ocid1.source.oc1..base';
  const resource = {
    ...{ entityType: 'softwareSource', identifier: id, name: 'base' },
    entityUri: `/20190801/softwareSources/${id}`,
  };
  expect(running.body).toMatchObject({
    ...{ id: ocid, status: 'IN_PROGRESS', operationType: 'SYNC', description: 'Sync base' },
    ...{ compartmentId: ocidOf(''), osFamily: 'LINUX', timeAccepted: expect.any(String) },
    resources: [{ ...resource, actionType: 'IN_PROGRESS' }],
    managedInstanceId: { id: ocids.of('instance', 1_000_010_000), displayName: 'host' },
  });
  expect(running.body).not.toHaveProperty('timeFinished');
  go();
  await door.workRequests.settled();
  const ended = await ask(`GET /workRequests/${ocid}`);
  expect(ended.headers.get('etag')).not.toBe(running.headers.get('etag'));
  expect(ended.headers.get('retry-after')).toBeNull();
  expect(ended.body).toMatchObject({
    ...{ status: 'SUCCEEDED', percentComplete: 100, message: 'it was synced' },
    resources: [{ ...resource, actionType: 'UPDATED' }],
    timeFinished: expect.any(String),
  });
  const logs = await ask(`GET /workRequests/${ocid}/logs`);
  expect(logs.body).toEqual([{ message: 'began', timestamp: expect.any(String) }]);
  expect((await ask(`GET /workRequests/${ocid}/errors`)).body).toEqual([]);
});

it('shows why one failed, with a code of OCI', async () => {
  const { ask, workRequests } = await standIn();
  const { ocid } = await workRequests.start(about, async () => {
    throw new AppError('conflict', 'it is busy');
  });
  await workRequests.settled();
  expect((await ask(`GET /workRequests/${ocid}`)).body).toMatchObject({
    ...{ status: 'FAILED', message: 'it is busy' },
    resources: [{ actionType: 'FAILED' }],
  });
  expect((await ask(`GET /workRequests/${ocid}/errors`)).body).toEqual([
    { code: 'IncorrectState', message: 'it is busy', timestamp: expect.any(String) },
  ]);
});

it('lists those of a compartment, the latest first, page after page', async () => {
  const { ask, workRequests, ocidOf, ocids } = await standIn();
  for (let i = 1; i <= 7; i++) {
    const description = `Sync ${i % 2}`;
    await workRequests.start({ ...about, description }, async () => {});
  }
  await workRequests.start({ ...about, compartment: 'teams', instance: 5 }, async () => {});
  await workRequests.settled();
  const list = `GET /workRequests?compartmentId=${ocidOf('')}`;
  const numbers = (body: { id: string }[]) =>
    body.map(({ id }) => ocids.read('osmsworkrequest', id));
  async function pages(line: string): Promise<unknown[]> {
    const found: unknown[] = [];
    for (let page: string | null = ''; page !== null; ) {
      const answer = await ask(`${line}&limit=3${page && `&page=${page}`}`);
      found.push(...numbers(answer.body));
      page = answer.headers.get('opc-next-page');
    }
    return found;
  }
  expect(await pages(list)).toEqual([7, 6, 5, 4, 3, 2, 1]);
  expect(await pages(`${list}&sortOrder=ASC`)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(await pages(`${list}&sortBy=DISPLAYNAME`)).toEqual([2, 4, 6, 1, 3, 5, 7]);
  expect(await pages(`${list}&displayName=Sync%200`)).toEqual([6, 4, 2]);
  const teams = `GET /workRequests?compartmentId=${ocidOf('teams')}`;
  expect(await pages(teams)).toEqual([8]);
  expect(await pages(`${teams}&managedInstanceId=${ocids.of('instance', 5)}`)).toEqual([8]);
  expect(await pages(`${teams}&managedInstanceId=${ocids.of('instance', 6)}`)).toEqual([]);
  expect(await pages(`${teams}&managedInstanceId=made-up`)).toEqual([]);
  expect(await pages(`${teams}&osFamily=WINDOWS`)).toEqual([]);
  expect((await ask(`${list}&page=${'x'.repeat(20)}`)).status).toBe(400);
});

it('shows nobody what is in a compartment that is not theirs', async () => {
  const { ask, workRequests, ocidOf } = await standIn({
    may: (_, { compartment }) => compartment === 'teams',
  });
  const { ocid } = await workRequests.start(about, async () => {});
  await workRequests.settled();
  for (const path of ['', '/logs', '/errors']) {
    expect((await ask(`GET /workRequests/${ocid}${path}`)).status).toBe(404);
  }
  expect((await ask(`GET /workRequests?compartmentId=${ocidOf('')}`)).status).toBe(404);
  expect((await ask(`GET /workRequests?compartmentId=${ocidOf('teams')}`)).body).toEqual([]);
});
