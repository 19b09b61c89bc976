import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { signatureOf } from '../../src/notify/signature.ts';
import { openQueue, until } from './queue.ts';
import { signatureHolds, startReceiver } from './receiver.ts';

const about = { source: 'a', reason: 'why' };

it('An event comes to every webhook that wants it, signed, with an id and when it was', async () => {
  const [all, some, none] = [await startReceiver(), await startReceiver(), await startReceiver()];
  const queue = await openQueue();
  const secret = await queue.add('all', `${all.url}?from=here`);
  const other = await queue.add('some', some.url, ['job.failed', 'sync.failed']);
  await queue.add('none', none.url, ['instance.silent']);
  queue.notifications.start();
  expect(await queue.notifications.notify('sync.failed', about)).toBe(true);
  await until(() => all.received.length === 1 && some.received.length === 1);
  const [got] = all.received;
  expect(got).toMatchObject({
    path: '/hook?from=here',
    headers: {
      'content-type': 'application/json',
      'headwater-event': 'sync.failed',
      'headwater-id': got!.event.id,
    },
    event: { event: 'sync.failed', about, at: expect.stringMatching(/^\d{4}-.*Z$/) },
  });
  expect(some.received[0]!.body).toBe(got!.body);
  expect(signatureHolds(got!, secret)).toBe(true);
  expect(signatureHolds(some.received[0]!, other)).toBe(true);
  expect(signatureHolds(got!, other)).toBe(false);
  expect(signatureHolds({ ...got!, body: `${got!.body} ` }, secret)).toBe(false);
  await until(async () => (await queue.hooks.show('all')).delivered === 1);
  expect(none.received).toEqual([]);
  expect(queue.logged()).toBe('');
});

it('The signature is what openssl makes of the same', () => {
  const secret = 'a secret with blanks';
  const body = '{"id":"x","about":"ü"}';
  const made = signatureOf(Buffer.from(secret), body, 1_700_000_000_999);
  const digest = execFileSync('openssl', ['dgst', '-sha256', '-hmac', secret, '-r'], {
    input: `1700000000.${body}`,
    encoding: 'utf8',
  }).slice(0, 64);
  expect(made).toBe(`t=1700000000,v1=${digest}`);
});

it('What a receiver does not take is tried again, with the same id and a signature of then, until it does', async () => {
  const receiver = await startReceiver();
  const statuses = [500, 301, 204];
  receiver.answer = (_, response) =>
    response.writeHead(statuses.shift()!, { location: '/elsewhere' }).end('no');
  let clock = 1_700_000_000_000;
  const queue = await openQueue({ waits: [20, 20, 20], now: () => (clock += 5) });
  const secret = await queue.add('ops', receiver.url);
  queue.notifications.start();
  await queue.notifications.notify('sync.failed', about);
  await until(() => receiver.received.length >= 2);
  clock += 10_000;
  await until(async () => (await queue.hooks.show('ops')).delivered === 1);
  // A redirect is not followed.
  expect(receiver.received.map((r) => r.path)).toEqual(['/hook', '/hook', '/hook']);
  expect(new Set(receiver.received.map((r) => r.event.id)).size).toBe(1);
  expect(receiver.received.every((r) => signatureHolds(r, secret))).toBe(true);
  const signatures = receiver.received.map((r) => r.headers['headwater-signature']);
  expect(signatures[2]).not.toBe(signatures[0]);
  const { deliveries } = await queue.hooks.show('ops');
  expect(deliveries).toMatchObject([{ state: 'delivered', tries: 3, nextAt: null, problem: null }]);
  expect(queue.logged()).toContain('it answered 301 Moved Permanently: redirects are not followed');
});

it('What is never taken is given up after all tries, which can be seen', async () => {
  const receiver = await startReceiver();
  receiver.answer = (_, response) => response.writeHead(503).end();
  const queue = await openQueue({ waits: [10, 20, 30] });
  await queue.add('ops', receiver.url);
  queue.notifications.start();
  await queue.notifications.notify('sync.failed', about);
  await until(async () => (await queue.hooks.show('ops')).givenUp === 1);
  expect(receiver.received.length).toBe(4);
  expect(await queue.hooks.show('ops')).toMatchObject({
    ...{ waiting: 0, delivered: 0, givenUp: 1 },
    deliveries: [
      { state: 'given_up', tries: 4, problem: expect.stringMatching('answered 503'), nextAt: null },
    ],
  });
  expect(queue.logged()).toContain('notification given up');
});

it('The waits grow, up to a day in all', async () => {
  const receiver = await startReceiver();
  receiver.answer = (_, response) => response.writeHead(500).end();
  let clock = Date.parse('2026-01-01T00:00:00Z');
  const begun = clock;
  const queue = await openQueue({ now: () => clock });
  await queue.add('ops', receiver.url);
  const waits: number[] = [];
  await queue.notifications.notify('sync.failed', about);
  queue.notifications.start();
  for (;;) {
    await until(async () => (await queue.hooks.show('ops')).deliveries[0]!.tries > waits.length);
    const [delivery] = (await queue.hooks.show('ops')).deliveries;
    if (delivery!.nextAt === null) break;
    waits.push(Date.parse(delivery!.nextAt) - clock);
    clock = Date.parse(delivery!.nextAt);
    queue.notifications.start();
  }
  expect(waits.length).toBe(12);
  expect(waits[0]).toBeLessThan(12_000);
  for (const [i, wait] of waits.entries())
    if (i > 0) expect(wait).toBeGreaterThan(waits[i - 1]! * 0.8);
  expect((clock - begun) / 3_600_000).toBeGreaterThan(18);
  expect((clock - begun) / 3_600_000).toBeLessThan(26);
});

it('A slow receiver holds up none but itself, and a body that it refuses not even that', async () => {
  const [slow, fast] = [await startReceiver(), await startReceiver()];
  slow.answer = () => {};
  fast.answer = ({ event }, response) => response.writeHead(event.about.n === 0 ? 400 : 200).end();
  const queue = await openQueue();
  await queue.add('slow', slow.url);
  await queue.add('fast', fast.url);
  queue.notifications.start();
  const started = performance.now();
  for (let n = 0; n < 20; n++) await queue.notifications.notify('sync.failed', { n });
  expect(performance.now() - started).toBeLessThan(2000);
  await until(async () => (await queue.hooks.show('fast')).delivered === 19);
  expect(slow.received.length).toBe(1);
  expect(await queue.hooks.show('slow')).toMatchObject({ waiting: 20, delivered: 0 });
  expect(await queue.hooks.show('fast')).toMatchObject({ waiting: 1, givenUp: 0 });
  // In order, one at a time.
  const others = fast.received.filter((r) => r.event.about.n !== 0);
  expect(others.map((r) => r.event.about.n)).toEqual(Array.from({ length: 19 }, (_, i) => i + 1));
});

it('A receiver that does not answer is asked once in a while, not once for all that waits', async () => {
  const gone = await startReceiver();
  await gone.close();
  let clock = Date.parse('2026-01-01T00:00:00Z');
  const queue = await openQueue({ now: () => clock });
  await queue.add('gone', gone.url);
  for (let n = 0; n < 30; n++) await queue.notifications.notify('sync.failed', { n });
  queue.notifications.start();
  const tries = async () =>
    (await queue.deliveries.last(1, 100)).reduce((sum, { tries }) => sum + tries, 0);
  await until(async () => (await tries()) === 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await tries()).toBe(1);
  // After a day what is old is given up, be it tried or not.
  clock += 25 * 3_600_000;
  queue.notifications.start();
  await until(async () => (await queue.hooks.show('gone')).givenUp === 30);
  expect(await tries()).toBe(2);
  expect((await queue.hooks.show('gone')).deliveries[0]).toMatchObject({
    problem: expect.stringContaining('it did not answer (ECONNREFUSED)'),
  });
});

it('What was queued is sent by the next process, in order, also where the clock was set back', async () => {
  const receiver = await startReceiver();
  const first = await openQueue();
  const secret = await first.add('ops', receiver.url);
  for (let n = 0; n < 5; n++) await first.notifications.notify('job.finished', { n });
  await first.close();
  expect(receiver.received).toEqual([]);
  const second = await openQueue({
    folder: first.root,
    now: () => Date.now() - 400 * 86_400_000,
  });
  second.notifications.start();
  await until(async () => (await second.hooks.show('ops')).delivered === 5);
  expect(receiver.received.map((r) => r.event.about.n)).toEqual([0, 1, 2, 3, 4]);
  expect(receiver.received.every((r) => signatureHolds(r, secret))).toBe(true);
});

it('What is sent when the server stops was not tried, and is sent by the next one', async () => {
  const receiver = await startReceiver();
  receiver.answer = () => {};
  const first = await openQueue();
  await first.add('ops', receiver.url);
  first.notifications.start();
  await first.notifications.notify('sync.failed', about);
  await until(() => receiver.received.length === 1);
  const started = performance.now();
  await first.close();
  expect(performance.now() - started).toBeLessThan(2000);
  receiver.answer = (_, response) => response.writeHead(200).end();
  const second = await openQueue({ folder: first.root });
  expect((await second.deliveries.last(1, 1))[0]).toMatchObject({ state: 'waiting', tries: 0 });
  second.notifications.start();
  await until(() => receiver.received.length === 2);
  expect(receiver.received[1]!.event.id).toBe(receiver.received[0]!.event.id);
});

it('A receiver that sends without end is not read', async () => {
  const receiver = await startReceiver();
  let sent = 0;
  receiver.answer = (_, response) => {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && sent < 2 ** 30 && response.write(Buffer.alloc(2 ** 16)))
        sent += 2 ** 16;
    };
    response.on('drain', more).on('error', () => {});
    more();
  };
  const queue = await openQueue();
  await queue.add('ops', receiver.url);
  queue.notifications.start();
  await queue.notifications.notify('sync.failed', about);
  await until(async () => (await queue.hooks.show('ops')).delivered === 1);
  expect(sent).toBeLessThan(2 ** 25);
});

it('Credentials of an address are in no log and in nothing that is shown', async () => {
  const receiver = await startReceiver();
  receiver.answer = (_, response) => response.writeHead(500).end('s3cret-word');
  const url = receiver.url
    .replace('://', '://ada:s3cret-word@')
    .replace('/hook', '/hook?token=s3cret-word');
  const queue = await openQueue({ waits: [10] });
  const secret = await queue.add('ops', url);
  queue.notifications.start();
  await queue.notifications.notify('sync.failed', about);
  await until(async () => (await queue.hooks.show('ops')).givenUp === 1);
  expect(receiver.received[0]!.headers.authorization).toBe(
    `Basic ${Buffer.from('ada:s3cret-word').toString('base64')}`,
  );
  const said = [
    queue.logged(),
    JSON.stringify(await queue.hooks.list()),
    JSON.stringify(await queue.hooks.show('ops')),
    JSON.stringify(await queue.hooks.test('ops')),
  ].join('\n');
  expect(said).toContain('answered 500');
  expect(said).not.toContain('s3cret-word');
  expect(said).not.toContain(secret);
});

it('More than a thousand do not wait: the oldest give way, and what ended is kept for a while', async () => {
  let clock = Date.parse('2026-01-01T00:00:00Z');
  const queue = await openQueue({ now: () => clock });
  await queue.add('ops', 'http://127.0.0.1:1/');
  await queue.state.transaction().execute(async (tx) => {
    for (let n = 0; n < 999; n++) {
      const row = { webhook: 1, event_id: `${n}`, event: 'sync.failed', body: '{}' };
      const created_at = new Date(clock).toISOString();
      await tx
        .insertInto('delivery')
        .values({ ...row, state: 'waiting', created_at, next_at: created_at })
        .execute();
    }
  });
  for (let n = 0; n < 3; n++) await queue.notifications.notify('sync.failed', { n });
  expect(await queue.hooks.show('ops')).toMatchObject({ waiting: 1000, givenUp: 2 });
  const oldest = (await queue.deliveries.last(1, 2000)).slice(-3);
  expect(oldest.map((d) => d.state)).toEqual(['waiting', 'given_up', 'given_up']);
  expect(oldest.at(-1)!.problem).toContain('gave way to newer ones');
  await queue.notifications.prune();
  expect((await queue.hooks.show('ops')).givenUp).toBe(2);
  clock += 31 * 86_400_000;
  await queue.notifications.prune();
  expect(await queue.hooks.show('ops')).toMatchObject({ waiting: 1000, givenUp: 0 });
});

it('An event that is too long says only that it is', async () => {
  const receiver = await startReceiver();
  const queue = await openQueue();
  await queue.add('ops', receiver.url);
  queue.notifications.start();
  await queue.notifications.notify('sync.failed', { text: 'ü'.repeat(40_000) });
  await until(() => receiver.received.length === 1);
  expect(receiver.received[0]!.event.about).toEqual({ left_out: 'this was too long' });
});
