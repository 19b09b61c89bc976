import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { apiError } from '../../../src/server/osms/errors.ts';
import { operation } from '../../../src/server/osms/operation.ts';
import { type StandInOptions, standIn } from './stand-in.ts';

/** An operation that makes things, each with the number after the one before. */
async function opened(options: StandInOptions = {}) {
  let made = 0;
  let failures = 0;
  const permission = { verb: 'manage', type: 'osms-software-sources', of: 'any' } as const;
  const make = (id: string, path: string) =>
    operation({
      ...{ id, method: 'POST' as const, path, summary: '', permission },
      body: z.object({ name: z.string() }),
      answer: { status: 201 },
      async handle({ body }) {
        await sleep(20);
        if (failures-- > 0) throw apiError('IncorrectState', 'not now');
        made++;
        return { body: { name: body.name, number: made }, etag: `"${made}"`, workRequest: 'w' };
      },
    });
  const door = await standIn({
    operations: () => [make('makeThing', '/things'), make('makeOther', '/others')],
    ...options,
  });
  return {
    ...door,
    failNext: () => {
      failures = 1;
    },
    made: () => made,
    ask: (name: string, { token = 'one', as = 'alice', path = '/things' } = {}) =>
      door.ask(`POST ${path}`, { as, json: { name }, headers: { 'opc-retry-token': token } }),
  };
}

it('carries a request out once, and answers who asks again as before', async () => {
  const { ask, made, notes } = await opened();
  const first = await ask('a');
  const again = await ask('a');
  expect(first).toMatchObject({ status: 201, body: { name: 'a', number: 1 } });
  expect([again.status, again.body, again.headers.get('etag')]).toEqual([201, first.body, '"1"']);
  expect(again.headers.get('opc-work-request-id')).toBe('w');
  expect(again.headers.get('opc-request-id')).not.toBe(first.headers.get('opc-request-id'));
  expect(made()).toBe(1);
  expect(notes.map(({ event }) => event)).toEqual(['api.makeThing']);
});

it('carries a request out once while many ask at the same time', async () => {
  const { ask, made } = await opened();
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask('a')));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(made()).toBe(1);
});

it('refuses a token that was used for another request, also while that runs', async () => {
  const { ask, made } = await opened();
  const [first, other] = await Promise.all([ask('a'), sleep(5).then(() => ask('b'))]);
  expect(first.status).toBe(201);
  const refused = { status: 409, body: { code: 'InvalidatedRetryToken' } };
  expect(other).toMatchObject(refused);
  expect(await ask('b')).toMatchObject(refused);
  expect(made()).toBe(1);
});

it('is of one caller and one operation', async () => {
  const { ask, made } = await opened();
  await ask('a');
  expect((await ask('a', { as: 'bob' })).body.number).toBe(2);
  expect((await ask('a', { path: '/others' })).body.number).toBe(3);
  expect((await ask('a', { token: 'two' })).body.number).toBe(4);
  expect(made()).toBe(4);
});

it('carries a request out again that failed', async () => {
  const { ask, failNext } = await opened();
  failNext();
  expect((await ask('a')).status).toBe(409);
  expect(await ask('a')).toMatchObject({ status: 201, body: { number: 1 } });
});

it('remembers over a restart, for a day', async () => {
  const before = await opened();
  await before.ask('a');
  await before.close();
  const after = await opened({ folder: before.folder });
  expect((await after.ask('a')).body).toEqual({ name: 'a', number: 1 });
  expect(after.made()).toBe(0);
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    vi.setSystemTime(Date.now() + 23 * 3_600_000);
    await after.ask('a');
    expect(after.made()).toBe(0);
    vi.setSystemTime(Date.now() + 2 * 3_600_000);
    await after.ask('a');
    expect(after.made()).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});

it('refuses a token that is longer than OCI has them', async () => {
  const { ask } = await opened();
  expect(await ask('a', { token: 'x'.repeat(65) })).toMatchObject({
    ...{ status: 400, body: { code: 'InvalidParameter' } },
  });
});
