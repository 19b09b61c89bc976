import { expect, it } from 'vitest';
import { createRunNews, type EndedRun } from '../../src/notify/run-news.ts';
import { openQueue } from './queue.ts';

const run: EndedRun = {
  ...{ id: 7, ocid: 'ocid1.osmsworkrequest.7', description: 'Update all', operation: 'UPDATEALL' },
  job: { id: 3, name: 'weekly' },
  status: 'SUCCEEDED',
  message: null,
  counts: { done: 3 },
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T01:00:00Z',
};

it('How a run ended is told once, be it that the process was killed before it could', async () => {
  const queue = await openQueue();
  await queue.add('ops', 'http://127.0.0.1:1/');
  const asked: string[] = [];
  const news = createRunNews({
    ...{ notifications: queue.notifications, told: queue.told },
    now: () => Date.parse('2026-01-02T00:00:00Z'),
    endedSince: async (time) => {
      asked.push(time);
      return [run, { ...run, id: 8, status: 'FAILED', counts: { done: 2, timed_out: 1 } }];
    },
  });
  await news.runEnded(run);
  await news.runEnded(run);
  await news.recover();
  await news.recover();
  expect(asked[0]).toBe('2026-01-01T00:00:00.000Z');
  await news.jobUnable({ id: 4, name: 'nightly', message: 'its window is over' });
  const all = (await queue.deliveries.last(1, 10)).map((d) => JSON.parse(d.body));
  expect(all).toMatchObject([
    {
      event: 'job.failed',
      about: { run: null, job: { id: 4, name: 'nightly' }, message: 'its window is over' },
    },
    { event: 'job.failed', about: { status: 'FAILED', counts: { done: 2, timed_out: 1 } } },
    {
      event: 'job.finished',
      about: {
        ...{ run: run.ocid, description: 'Update all', operation: 'UPDATEALL', job: run.job },
        ...{ status: 'SUCCEEDED', counts: { done: 3 }, started_at: run.startedAt },
      },
    },
  ]);
});

it('A run of which some parts were taken back is not told as finished, though none failed', async () => {
  const queue = await openQueue();
  await queue.add('ops', 'http://127.0.0.1:1/');
  const news = createRunNews({
    ...{ notifications: queue.notifications, told: queue.told },
    now: () => Date.parse('2026-01-02T00:00:00Z'),
    endedSince: async () => [],
  });
  await news.runEnded({ ...run, counts: { done: 2, cancelled: 1 } });
  const [told] = await queue.deliveries.last(1, 10);
  expect(JSON.parse(told!.body)).toMatchObject({
    event: 'job.failed',
    about: { status: 'SUCCEEDED', counts: { done: 2, cancelled: 1 } },
  });
});
