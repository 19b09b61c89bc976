import { expect, it, onTestFinished, vi } from 'vitest';
import { refusalOf } from '../../src/fleet/refusals.ts';
import { createSlowDown } from '../../src/identity/slow-down.ts';
import { openFleet } from './fleet.ts';

const here = '192.0.2.1';
/** How long something waits, in milliseconds of a clock that is moved by hand. */
async function waits(work: Promise<unknown>): Promise<number> {
  const started = Date.now();
  let over = false;
  void work.then(() => {
    over = true;
  });
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (over) return Date.now() - started;
    vi.advanceTimersByTime(1);
  }
}

it('Failures wait the longer the more there were, by address and identity together', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const slow = createSlowDown({ first: 20, longest: 80 });
  const failed = (address: string, identity: string) => waits(slow.failed(address, identity));
  const times: number[] = [];
  for (let i = 0; i < 5; i++) times.push(await failed(here, 'user:ada'));
  expect(times).toEqual([20, 40, 80, 80, 80]);
  // Neither does another behind that address wait for it, nor the same user elsewhere.
  expect(await failed(here, 'user:bob')).toBe(20);
  expect(await failed('192.0.2.2', 'user:ada')).toBe(20);
  slow.succeeded(here, 'user:ada');
  expect(await failed(here, 'user:ada')).toBe(20);
});

it('No more than some wait, and none when the process ends', async () => {
  const slow = createSlowDown({ first: 60_000, longest: 60_000, mostWaiting: 3 });
  const told: number[] = [];
  const all = [...Array(10).keys()].map((i) =>
    slow.failed(here, `${i}`).then(() => void told.push(i)),
  );
  await new Promise((resolve) => setImmediate(resolve));
  // Nobody gets an answer at once by having others wait.
  expect(told).toEqual([0, 1, 2, 3, 4, 5, 6]);
  slow.close();
  await Promise.all(all);
  expect(told).toHaveLength(10);
});

it('A refusal that repeats itself is noted once', async () => {
  const fleet = await openFleet();
  for (let i = 0; i < 5; i++) {
    fleet.audit.note({ actor: 'anyone', event: 'token.refused', instance: 1, address: here });
    fleet.audit.note({ actor: 'instance:1', event: 'source.attached', instance: 1 });
  }
  fleet.audit.note({ actor: 'anyone', event: 'token.refused', instance: 2, address: here });
  expect((await fleet.audited('token.refused')).map((e) => e.instance)).toEqual([2, 1]);
  expect(await fleet.audited('source.attached')).toHaveLength(5);
});

it('Of many different refusals, so many a minute are noted, and that there were more', async () => {
  const fleet = await openFleet();
  const refuse = (i: number, address: string) =>
    fleet.audit.note({ actor: 'anyone', event: 'refused', subject: `instance:${i}`, address });
  for (let i = 0; i < 300; i++) refuse(i, here);
  refuse(1, '192.0.2.2');
  const from = async (address: string | null) =>
    (await fleet.audit.query({ limit: 5000 })).filter((e) => e.address === address);
  expect((await from(here)).map((e) => e.event).toSorted()).toEqual([
    ...Array.from({ length: 100 }, () => 'refused'),
    'refused.more',
  ]);
  expect(await from('192.0.2.2')).toHaveLength(1);
  for (let i = 0; i < 3000; i++) refuse(i, `198.51.100.${i % 200}`);
  expect(await fleet.audit.query({ event: 'refused', limit: 5000 })).toHaveLength(1000);
  expect((await from(null)).map((e) => e.event)).toEqual(['refused.more']);
  // What was done is noted all the same.
  fleet.audit.note({ actor: 'user:ada', event: 'source.attached', instance: 1 });
  expect(await fleet.audited('source.attached')).toHaveLength(1);
});

it('The audit is asked by instance, event and time, and kept for a set time', async () => {
  const fleet = await openFleet({ settings: { keepAuditMs: 3_600_000 } });
  for (const [i, event] of ['a', 'b', 'a'].entries()) {
    fleet.audit.note({
      actor: 'user:ada',
      event,
      instance: i,
      subject: 's',
      detail: 'd'.repeat(5000),
    });
  }
  const [entry] = await fleet.audit.query({ instance: 1, limit: 10 });
  expect(entry).toMatchObject({ actor: 'user:ada', event: 'b', subject: 's', address: null });
  expect(entry!.detail).toHaveLength(1000);
  expect((await fleet.audit.query({ event: 'a', limit: 1 })).map((e) => e.instance)).toEqual([2]);
  expect(
    await fleet.audit.query({ since: new Date(Date.now() + 1000).toISOString(), limit: 9 }),
  ).toEqual([]);
  const old = { at: new Date(Date.now() - 3_700_000).toISOString(), actor: 'user:ada' };
  await fleet.state
    .insertInto('audit')
    .values({ ...old, event: 'old' })
    .execute();
  await fleet.audit.prune();
  expect((await fleet.audit.query({ limit: 9 })).map((e) => e.event)).toEqual(['a', 'b', 'a']);
});

it('Users have passwords that are neither kept nor short', async () => {
  const fleet = await openFleet();
  const { users } = fleet;
  const check = (name: string, password: string) => users.check(name, password).catch(refusalOf);
  await expect(users.add('ada', 'short', { by: 'root' })).rejects.toThrow('8 to 1024 characters');
  await expect(users.add('a b', 'long enough', { by: 'root' })).rejects.toThrow(
    "cannot be a user's name",
  );
  await users.add('ada', 'first password', { by: 'root' });
  await expect(users.add('ada', 'another one', { by: 'root' })).rejects.toThrow(
    'there is a user ada already',
  );
  expect(await check('ada', 'first password')).toBe('ada');
  await users.setPassword('ada', 'second password', 'root');
  expect(await check('ada', 'first password')).toBe('login');
  expect(await check('ada', 'second password')).toBe('ada');
  expect(await check('nobody', 'second password')).toBe('login');
  expect(await check('ada', 'x'.repeat(100_000))).toBe('login');
  const [row] = await fleet.state.selectFrom('user').selectAll().execute();
  expect(row!.password).toMatch(/^scrypt\$15\$8\$1\$/);
  expect(users.all()).toMatchObject([{ name: 'ada', createdBy: 'root' }]);
  await users.remove('ada', 'root');
  expect(await check('ada', 'second password')).toBe('login');
  await expect(users.remove('ada', 'root')).rejects.toThrow('there is no user ada');
});
