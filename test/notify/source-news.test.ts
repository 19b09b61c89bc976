import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SourceDefinition } from '../../src/base/source.ts';
import { createSourceNews } from '../../src/notify/source-news.ts';
import { until } from '../cli/headwater.ts';
import { invented, startRepository, writeRepository } from '../mirror/repository.ts';
import { startApp } from '../support/app.ts';
import { openQueue } from './queue.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const packages = [invented('brook')];
const source = (url: string): SourceDefinition =>
  ({ label: 'a', upstream: url }) as SourceDefinition;
const hook = { name: 'ops', events: [], secret: null, by: 'user:ada' };

const eventsOf = (receiver: Receiver) => receiver.received.map((r) => r.event);

it('That a source fails is told when it begins, and when the reason is another', async () => {
  const { upstream } = await startRepository({ packages });
  const test = await startApp([source(upstream.url)]);
  const receiver = await startReceiver();
  await test.app.operations.addWebhook({ ...hook, url: receiver.url });
  await test.sync('a');
  upstream.fault = (_, response) => response.writeHead(500).end() !== undefined;
  await test.sync('a');
  await test.sync('a');
  await until(() => receiver.received.length === 1);
  expect(eventsOf(receiver)[0]).toMatchObject({
    event: 'sync.failed',
    about: {
      source: 'a',
      reason: expect.stringContaining('answered 500'),
      kind: 'refused',
      last_success: expect.stringMatching(/Z$/),
      failing_since: expect.stringMatching(/Z$/),
    },
  });
  upstream.fault = (_, response) => response.writeHead(200).end('<html/>') !== undefined;
  await test.sync('a');
  await until(() => receiver.received.length === 2);
  expect(eventsOf(receiver)[1]!.about).toMatchObject({
    kind: 'invalid',
    failing_since: eventsOf(receiver)[0]!.about.failing_since,
  });
  upstream.fault = undefined;
  expect(await test.sync('a')).toMatchObject({ outcome: 'unchanged' });
  upstream.fault = (_, response) => response.writeHead(500).end() !== undefined;
  await test.sync('a');
  await until(() => receiver.received.length === 3);
  expect(eventsOf(receiver)[2]!.about.kind).toBe('refused');
});

it('New security advisories are told once, those that a source begins with not at all', async () => {
  const { upstream } = await startRepository({ packages, advisories: ['ELSA-1'] });
  const cves = (xml: string) =>
    xml
      .replaceAll(
        '<references/>',
        '<references><reference type="cve" id="cve-2026-1"/><reference type="self" id="x"/></references>',
      )
      .replace(/(<id>ELSA-4<.*?)Important/s, '$1Critical')
      .replace(/type="security"([^>]*>\s*<id>ELBA)/, 'type="bugfix"$1');
  const test = await startApp([source(upstream.url)]);
  const receiver = await startReceiver();
  await test.app.operations.addWebhook({ ...hook, url: receiver.url });
  await test.sync('a');
  const publish = (advisories: string[], time: number) =>
    writeRepository(upstream.folder, {
      ...{ packages: [...packages, invented('brook', String(time))], advisories, time },
      edit: (type, xml) => (type === 'updateinfo' ? cves(xml) : xml),
    });
  // ELSA-1 is another element from now on, and no news.
  await publish(['ELSA-1', 'ELSA-2', 'ELBA-3', 'ELSA-4'], 1_700_000_100);
  expect(await test.sync('a')).toMatchObject({ outcome: 'updated' });
  await until(() => receiver.received.length === 1);
  expect(eventsOf(receiver)[0]).toMatchObject({
    event: 'advisory.security',
    about: {
      ...{ source: 'a', revision: 2, count: 2 },
      advisories: [
        { id: 'ELSA-4', severity: 'Critical', title: 'About ELSA-4', cves: ['CVE-2026-1'] },
        { id: 'ELSA-2', severity: 'Important' },
      ],
    },
  });
  await publish(['ELSA-1', 'ELSA-2', 'ELBA-3', 'ELSA-4'], 1_700_000_200);
  await test.sync('a');
  await publish(['ELSA-1', 'ELSA-2', 'ELSA-5'], 1_700_000_300);
  await test.sync('a');
  await until(() => receiver.received.length === 2);
  expect(eventsOf(receiver)[1]!.about).toMatchObject({ count: 1, advisories: [{ id: 'ELSA-5' }] });
});

it('What a command without a server brought is told by the next server', async () => {
  const { upstream } = await startRepository({ packages, advisories: ['ELSA-1'] });
  const first = await startApp([source(upstream.url)]);
  const receiver = await startReceiver();
  await first.app.operations.addWebhook({ ...hook, url: receiver.url });
  await first.sync('a');
  await first.close();
  await writeRepository(upstream.folder, {
    packages,
    advisories: ['ELSA-1', 'ELSA-2'],
    time: 1_700_000_100,
  });
  const { createApp } = await import('../../src/app.ts');
  const { createLog } = await import('../../src/base/log.ts');
  const command = await createApp(first.config, createLog('silent'));
  await command.operations.sync({ labels: ['a'] }, () => {});
  await command.finish();
  expect(receiver.received).toEqual([]);
  const second = await startApp([source(upstream.url)], { data: join(first.config.data) });
  await until(() => receiver.received.length === 1);
  expect(eventsOf(receiver)[0]!.about).toMatchObject({ advisories: [{ id: 'ELSA-2' }] });
  await second.close();
});

it('A source that fails on is told of again after a day', async () => {
  let clock = Date.parse('2026-01-01T00:00:00Z');
  const queue = await openQueue({ now: () => clock });
  await queue.add('ops', 'http://127.0.0.1:1/');
  const news = createSourceNews({
    ...{ notifications: queue.notifications, told: queue.told, now: () => clock },
    syncs: {
      last: async () => [],
      lastSuccess: async () => ({ finishedAt: null, setAsideCount: 0 }),
    },
    current: async () => undefined,
    newAdvisories: () => undefined,
    affected: async () => undefined,
  });
  for (let hour = 0; hour < 60; hour++, clock += 3_600_000) {
    await news.failed('a', { outcome: 'failed', reason: 'why', errorKind: 'unreachable' });
  }
  const times = (await queue.deliveries.last(1, 100)).map((d) => d.createdAt.slice(0, 13));
  expect(times).toEqual(['2026-01-03T02', '2026-01-02T01', '2026-01-01T00']);
});

it('How many instances an advisory concerns is said where it is known, of each and of all', async () => {
  const queue = await openQueue();
  await queue.add('ops', 'http://127.0.0.1:1/');
  const title = 'x'.repeat(10_000);
  const listed = ['ELSA-1', 'ELSA-2', 'ELSA-3'].map((id) => ({
    ...{ id, severity: 'Low', title, issued: '', cves: [] },
  }));
  const news = createSourceNews({
    ...{ notifications: queue.notifications, told: queue.told, now: Date.now },
    syncs: {
      last: async () => [],
      lastSuccess: async () => ({ finishedAt: null, setAsideCount: 0 }),
    },
    current: async () => ({ number: 4 }),
    newAdvisories: (_, { after }) => (after === 3 ? { count: 70, listed } : undefined),
    affected: async (id) => (id === 'ELSA-1' ? [1, 2] : id === 'ELSA-2' ? [2, 3] : undefined),
  });
  await news.advisories('a');
  await news.advisories('a');
  const all = await queue.deliveries.last(1, 10);
  expect(all.map((d) => JSON.parse(d.body).about)).toMatchObject([
    {
      count: 70,
      instances: 3,
      advisories: [{ instances: 2 }, { instances: 2 }, { instances: null }],
    },
  ]);
  expect(all[0]!.body.length).toBeLessThan(2000);
});
