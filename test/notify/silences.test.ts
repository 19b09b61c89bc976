import { expect, it } from 'vitest';
import { createSilences } from '../../src/notify/silences.ts';
import { openQueue } from './queue.ts';

const day = 86_400_000;
const hour = 3_600_000;

/** Looks every hour, nearly, of a clock that the test moves. */
async function scene() {
  let clock = Date.parse('2026-03-01T00:00:00Z');
  const queue = await openQueue({ now: () => clock });
  await queue.add('ops', 'http://127.0.0.1:1/', ['instance.silent']);
  const heard = new Map<number, string>();
  const silences = createSilences({
    ...{ notifications: queue.notifications, told: queue.told, now: () => clock },
    heardAt: async (id) => heard.get(id),
    ocidOf: (id) => `ocid-${id}`,
    silentAfter: () => 7 * day,
  });
  const iso = () => new Date(clock).toISOString();
  return {
    queue,
    heard,
    set: (time: number) => {
      clock = time;
    },
    now: () => clock,
    /** Lets time pass, with the server there. */
    async pass(ms: number) {
      for (const end = clock + ms; clock < end; ) {
        clock += Math.min(0.9 * hour, end - clock);
        await silences.look();
      }
    },
    async see(id: number, { written = true, state = 'registered' as const } = {}) {
      heard.set(id, iso());
      if (!written) return;
      const row = { name: `host${id}`, state, credential: Buffer.alloc(1), os_name: 'o' };
      await queue.state
        .insertInto('instance')
        .values({
          id,
          ...row,
          os_release: '8',
          arch: 'x',
          owner: 'a',
          registered_at: iso(),
          seen_at: iso(),
        })
        .onConflict((c) => c.column('id').doUpdateSet({ seen_at: iso() }))
        .execute();
    },
    /** The instances of each event, in order. */
    async told(): Promise<number[][]> {
      const all = await queue.deliveries.last(1, 1000);
      return all
        .toReversed()
        .map((d) => JSON.parse(d.body).about.instances.map((i: { id: number }) => i.id));
    },
  };
}

it('A silence is told of once, and the next one again', async () => {
  const { pass, see, told, queue } = await scene();
  await see(1);
  await see(2);
  await pass(6 * day);
  await see(2);
  expect(await told()).toEqual([]);
  await pass(2 * day);
  expect(await told()).toEqual([[1]]);
  const [delivery] = await queue.deliveries.last(1, 1);
  expect(JSON.parse(delivery!.body)).toMatchObject({
    event: 'instance.silent',
    about: {
      count: 1,
      instances: [{ id: 1, ocid: 'ocid-1', name: 'host1', last_seen: '2026-03-01T00:00:00.000Z' }],
    },
  });
  await see(1);
  await pass(6 * day);
  expect(await told()).toEqual([[1], [2]]);
  await pass(2 * day);
  expect(await told()).toEqual([[1], [2], [1]]);
}, 30_000);

it('Many that fall silent together are told together', async () => {
  const { pass, see, told } = await scene();
  for (let id = 1; id <= 250; id++) await see(id);
  await pass(8 * day);
  expect((await told()).map((ids) => ids.length)).toEqual([100, 100, 50]);
  expect(new Set((await told()).flat()).size).toBe(250);
}, 30_000);

it('The time in which the server was away, or its clock jumped over, is nobody’s silence', async () => {
  const { pass, see, told, set, now } = await scene();
  await see(1);
  await pass(day);
  // It was stopped for a month. Machines ask every few hours.
  set(now() + 30 * day);
  await pass(4 * hour);
  expect(await told()).toEqual([]);
  await see(1);
  await pass(6 * day);
  expect(await told()).toEqual([]);
  await pass(2 * day);
  expect(await told()).toEqual([[1]]);
}, 30_000);

it('A server that is started often tells of silences all the same', async () => {
  const { pass, see, told, set, now } = await scene();
  await see(1);
  for (let i = 0; i < 8; i++) {
    await pass(23.4 * hour);
    set(now() + hour / 20);
  }
  expect(await told()).toEqual([[1]]);
}, 30_000);

it('Check-ins that are not written yet count, registrations that are not finished do not, and who is removed is forgotten', async () => {
  const { pass, see, told, queue, heard } = await scene();
  await see(1);
  await see(2);
  await queue.state
    .updateTable('instance')
    .set({ state: 'registering' })
    .where('id', '=', 2)
    .execute();
  await pass(6.9 * day);
  await see(1, { written: false });
  await pass(3 * day);
  expect(await told()).toEqual([]);
  heard.set(1, '2026-03-01T00:00:00.000Z');
  await pass(hour);
  expect(await told()).toEqual([[1]]);
  expect(await queue.told.of('instance.silent', '1')).toBeDefined();
  await queue.state.deleteFrom('instance').where('id', '=', 1).execute();
  await pass(hour);
  expect(await queue.told.of('instance.silent', '1')).toBeUndefined();
}, 30_000);

it('Nothing is looked for where nobody wants to know', async () => {
  const { pass, see, told, queue } = await scene();
  await queue.hooks.remove('ops');
  await see(1);
  await pass(9 * day);
  await queue.add('later', 'http://127.0.0.1:1/');
  expect(await queue.told.of('instance.silent', '1')).toBeUndefined();
  await pass(hour);
  expect(await queue.deliveries.last(2, 10)).toMatchObject([{ event: 'instance.silent' }]);
  expect(await told()).toEqual([]);
}, 30_000);
