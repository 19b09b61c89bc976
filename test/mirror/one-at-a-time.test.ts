import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { startApp } from '../support/app.ts';
import { invented, startRepository } from './repository.ts';
import { expectTidy } from './served.ts';

it('never syncs a source twice at the same time: who asks again joins', async () => {
  const { upstream } = await startRepository({ packages: [invented('brook')] });
  const gate = Promise.withResolvers<void>();
  upstream.fault = async (request) => {
    if (request.url!.endsWith('repomd.xml')) await gate.promise;
    return false;
  };
  const { sync, app } = await startApp([
    { label: 'a', upstream: upstream.url },
    { label: 'b', upstream: upstream.url },
  ]);
  const first = sync('a');
  const steps: string[] = [];
  const second = app.operations.sync({ labels: ['a'] }, (event) => steps.push(event.step));
  const other = sync('b');
  const asked = () => upstream.requests.filter((r) => r === '/repodata/repomd.xml').length;
  while (asked() < 2) await sleep(10);
  await sleep(100);
  // One by each source.
  expect(asked()).toBe(2);
  await expect(app.operations.removeSource('a')).rejects.toMatchObject({ kind: 'conflict' });
  gate.resolve();
  expect([await first]).toEqual(await second);
  expect(await other).toMatchObject({ outcome: 'updated' });
  expect(steps).toContain('cut');
  const { history } = await app.operations.showSource('a');
  expect(history.map((h) => h.outcome)).toEqual(['updated']);

  expect(await sync('a')).toMatchObject({ outcome: 'unchanged' });
  expect(asked()).toBe(3);
});

it('cancels a running sync when it is closed, and says so in the history', async () => {
  const { upstream } = await startRepository({ packages: [invented('brook')] });
  upstream.fault = (request) => request.url!.includes('primary');
  const { sync, close, config } = await startApp([{ label: 'a', upstream: upstream.url }]);
  const running = sync('a');
  while (!upstream.requests.some((r) => r.includes('primary'))) await sleep(10);
  await close();
  expect(await running).toMatchObject({ outcome: 'cancelled', kind: 'cancelled' });

  upstream.fault = undefined;
  const again = await startApp([{ label: 'a', upstream: upstream.url }], { data: config.data });
  expect((await again.app.operations.showSource('a')).history[0]).toMatchObject({
    outcome: 'cancelled',
    reason: expect.stringContaining('source a: '),
  });
  expect(await again.sync('a')).toMatchObject({ outcome: 'updated' });
});

it('stops fetching other documents once one is missing, before it says that the sync has failed', async () => {
  const { upstream } = await startRepository({ packages: [invented('brook')] });
  let late = 0;
  upstream.fault = async (request, response) => {
    if (request.url!.includes('primary')) return !!response.writeHead(404).end();
    if (!request.url!.includes('filelists')) return false;
    // Never ends by itself.
    response.writeHead(200, { 'content-length': 5000 }).write('x');
    response.on('close', () => late++);
    return true;
  };
  const { sync, app, config } = await startApp([{ label: 'a', upstream: upstream.url }]);
  expect(await sync('a')).toMatchObject({ outcome: 'failed', kind: 'refused' });
  await expectTidy(config.data);
  // Once in each try.
  while (late <= limits.restarts) await sleep(10);
  expect(late).toBe(limits.restarts + 1);
  expect((await app.operations.showSource('a')).history).toHaveLength(1);
});
