import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createPlace, until } from '../cli/headwater.ts';
import { openQueue } from '../notify/queue.ts';
import { startReceiver } from '../notify/receiver.ts';
import { randomFrom } from '../support/random.ts';

const seed = Number(process.env.CRASH_SEED ?? Date.now() % 2 ** 32);
const kills = 4;
const events = 60;

it(`What is queued comes to its receiver at least once, whenever the server is killed (CRASH_SEED=${seed})`, {
  timeout: 120_000,
}, async () => {
  const random = randomFrom(seed);
  const place = await createPlace('');
  const folder = join(place.folder, 'data');
  const receiver = await startReceiver();
  receiver.answer = (_, response) => void setTimeout(() => response.writeHead(204).end(), 15);
  await place.run('webhook', 'add', 'ops', receiver.url);
  const queue = await openQueue({ folder });
  for (let n = 0; n < events; n++) await queue.notifications.notify('job.finished', { n });
  const queued = (await queue.deliveries.last(1, events)).map((d) => d.eventId).toReversed();
  await queue.close();
  for (let i = 0; i < kills; i++) {
    const before = receiver.received.length;
    const server = await place.serve();
    await until(() => receiver.received.length > before || receiver.received.length >= events);
    await sleep(random() * 200);
    await server.stop('SIGKILL');
  }
  const server = await place.serve();
  await until(async () => {
    const { value } = await place.json<{ waiting: number }>('webhook', 'show', 'ops');
    return value.waiting === 0;
  });
  await server.stop();
  const ids = receiver.received.map((r) => r.event.id);
  // In order, and twice only what was being sent when it was killed.
  expect([...new Set(ids)]).toEqual(queued);
  expect(ids.length - queued.length).toBeLessThanOrEqual(kills);
  const bodies = new Set(receiver.received.map((r) => r.body));
  expect(bodies.size).toBe(events);
});
