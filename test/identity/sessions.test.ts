import { afterEach, expect, it, vi } from 'vitest';
import { openAuth } from './auth.ts';

afterEach(() => {
  vi.useRealTimers();
});

const password = 'correct horse';

async function withAda() {
  const auth = await openAuth();
  await auth.users.add('ada', password, { by: 'root' });
  return auth;
}

it('Who logs in stays so for twelve hours, over restarts, and not after logging out', async () => {
  const auth = await withAda();
  const { secret, expiresAt } = await auth.sessions.open('ada', password, '192.0.2.1');
  const caller = { kind: 'user', name: 'ada', actor: 'user:ada', by: 'session', expiresAt };
  expect(auth.sessions.read(secret)).toMatchObject(caller);
  const { sessions, audited } = await auth.again();
  expect(sessions.read(secret)).toMatchObject(caller);
  const other = await sessions.open('ada', password, '192.0.2.1');
  await sessions.close(other.secret);
  expect(sessions.read(other.secret)).toBeUndefined();
  expect(await audited()).toContain('user:ada session.closed');
  vi.useFakeTimers({ now: Date.now() + 12 * 3_600_000, toFake: ['Date'] });
  expect(sessions.read(secret)).toBeUndefined();
  expect(sessions.read('x')).toBeUndefined();
});

it('Another password, and the end of a user, log them out everywhere', async () => {
  const auth = await withAda();
  const { sessions, users } = auth;
  const first = await sessions.open('ada', password, '192.0.2.1');
  await users.setPassword('ada', 'another horse', 'root');
  expect(sessions.read(first.secret)).toBeUndefined();
  const second = await sessions.open('ada', 'another horse', '192.0.2.1');
  await users.remove('ada', 'root');
  expect(sessions.read(second.secret)).toBeUndefined();
  await users.add('ada', password, { by: 'root' });
  expect(sessions.read(second.secret)).toBeUndefined();
  const { sessions: later } = await auth.again();
  expect(later.read(first.secret)).toBeUndefined();
  expect(later.read(second.secret)).toBeUndefined();
});

it('A wrong password, a user without one and nobody at all are refused alike, later each time', async () => {
  const { sessions, users, audited } = await withAda();
  await users.add('bob', null, { by: 'root' });
  const refused = { kind: 'unauthenticated', message: 'the user name or the password is wrong' };
  const tries = [
    ['ada', 'wrong'],
    ['bob', ''],
    ['carl', password],
  ] as const;
  for (const [user, guess] of tries)
    await expect(sessions.open(user, guess, '192.0.2.1')).rejects.toMatchObject(refused);
  const started = performance.now();
  await expect(sessions.open('ada', 'wrong', '192.0.2.1')).rejects.toMatchObject(refused);
  expect(performance.now() - started).toBeGreaterThan(490);
  expect(await audited()).toEqual(
    expect.arrayContaining(['anyone session.refused ada', 'anyone session.refused carl']),
  );
  // Whoever guesses elsewhere does not keep her out.
  expect(await sessions.open('ada', password, '192.0.2.2')).toBeDefined();
});

it('Guesses that come together are looked at one after the other, and not more than some wait', async () => {
  const { sessions } = await withAda();
  const open = (guess: string, address = '2001:db8::1') => sessions.open('ada', guess, address);
  const started = performance.now();
  // Whoever has one address of IPv6 has others.
  const guesses = [0, 1, 2].map((n) => open(`wrong ${n}`, `2001:db8::${n}`).catch((e) => e.kind));
  expect(await open(password)).toBeDefined();
  // 250, 500 and 1000 ms.
  expect(performance.now() - started).toBeGreaterThan(1700);
  expect(await Promise.all(guesses)).toEqual(Array(3).fill('unauthenticated'));
  const flood = Array.from({ length: 11 }, () => open(password).catch((e) => e.kind));
  expect((await Promise.all(flood)).filter((told) => told === 'limit')).toHaveLength(1);
  expect(await open(password)).toBeDefined();
});

it('Of one user so many sessions are kept, the newest', async () => {
  const auth = await openAuth();
  const table = await auth.state.selectFrom('session').selectAll().execute();
  expect(table).toEqual([]);
  await auth.users.add('ada', password, { by: 'root' });
  const first = await auth.sessions.open('ada', password, '192.0.2.1');
  const userId = auth.users.idOf('ada')!;
  const rows = Array.from({ length: 49 }, (_, i) => ({
    hash: Buffer.from(String(i).padStart(32, '0')),
    ...{ user: userId, address: null, created_at: new Date().toISOString() },
    expires_at: new Date(Date.now() + 60_000).toISOString(),
  }));
  await auth.state.insertInto('session').values(rows).execute();
  const { sessions, state } = await auth.again();
  const last = await sessions.open('ada', password, '192.0.2.1');
  expect(sessions.read(first.secret)).toBeUndefined();
  expect(sessions.read(last.secret)).toBeDefined();
  expect(await state.selectFrom('session').selectAll().execute()).toHaveLength(50);
});
