import { request } from 'node:http';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../../src/base/errors.ts';
import type { Caller, Wish } from '../../../src/identity/caller.ts';
import { apiError } from '../../../src/server/osms/errors.ts';
import { type Operation, operation } from '../../../src/server/osms/operation.ts';
import { standIn } from './stand-in.ts';

const source = { verb: 'use', type: 'osms-software-sources', of: 'source' } as const;
const anywhere = { ...source, of: 'any' } as const;
const path = '/softwareSources/{softwareSourceId}';

/** Operations that give back what they were asked, or fail as their body says. */
const table = (): Operation[] => [
  operation({
    ...{ id: 'getOne', method: 'GET', path, summary: '', permission: source },
    query: z.object({ name: z.string().optional(), limit: z.coerce.number().int().optional() }),
    answer: { status: 200 },
    handle: async ({ query, target }) => ({ body: { query, target }, etag: '"e"' }),
  }),
  operation({
    ...{ id: 'changeOne', method: 'PUT', path, summary: '', permission: source },
    body: z.strictObject({ displayName: z.string(), count: z.number().min(1).optional() }),
    answer: { status: 200 },
    handle: async ({ body }) => ({ body }),
  }),
  operation({
    ...{ id: 'removeOne', method: 'DELETE', path, summary: '', permission: source },
    answer: { status: 204 },
    async handle({ requireMatch }) {
      requireMatch('"e"');
      return {};
    },
  }),
  operation({
    ...{ id: 'fail', method: 'POST', path: '/fail', summary: '', permission: anywhere },
    body: z.object({ kind: z.string().optional(), code: z.string().optional() }),
    answer: { status: 202 },
    async handle({ body }) {
      if (body.code) throw apiError(body.code as 'NoEtagMatch', 'said so', { hint: 'try more' });
      if (body.kind) throw new AppError(body.kind as 'usage', 'said so');
      throw new Error('the password is swordfish');
    },
  }),
  operation({
    ...{ id: 'listThem', method: 'GET', path: '/softwareSources', summary: '' },
    permission: { ...source, of: 'compartmentOfQuery' },
    query: z.object({ compartmentId: z.string() }),
    answer: { status: 200 },
    handle: async ({ target, may }) => ({
      body: [target.compartment, may({ ...source, compartment: 'elsewhere' })],
      ...{ nextPage: 'next', total: 7, workRequest: 'w', location: '/there' },
    }),
  }),
];

const opened = (options: Parameters<typeof standIn>[0] = {}) =>
  standIn({ operations: table, ...options });

it('answers with what the handler gives, and headers for the rest', async () => {
  const { ask, ocidOf, sourceOcid } = await opened();
  const one = await ask(`GET /softwareSources/${sourceOcid}?name=a+b%2Bc&other=1`);
  expect(one.status).toBe(200);
  expect(one.headers.get('etag')).toBe('"e"');
  expect(one.headers.get('content-type')).toMatch('application/json');
  expect(one.headers.get('cache-control')).toBe('no-store');
  expect(one.body).toEqual({
    query: { name: 'a+b+c' },
    target: { kind: 'source', subject: 'base', compartment: '', ocid: sourceOcid },
  });
  const list = await ask(`GET /softwareSources?compartmentId=${ocidOf('teams:web')}`);
  expect(list.body).toEqual(['teams:web', true]);
  expect(Object.fromEntries(list.headers)).toMatchObject({
    'opc-next-page': 'next',
    'opc-total-items': '7',
    'opc-work-request-id': 'w',
    location: '/there',
  });
  const removed = await ask(`DELETE /softwareSources/${sourceOcid}`);
  expect(removed).toMatchObject({ status: 204, body: undefined });
});

it('gives each answer the request id that the client chose, or one of its own', async () => {
  const { ask, sourceOcid, logged, notes } = await opened();
  const chosen = { headers: { 'opc-request-id': 'mine/1' } };
  for (const line of [`GET /softwareSources/${sourceOcid}`, 'GET /nothing', 'POST /fail']) {
    expect((await ask(line, chosen)).headers.get('opc-request-id')).toBe('mine/1');
  }
  expect(logged).toContainEqual(expect.objectContaining({ msg: 'operation failed' }));
  expect(notes.length).toBeGreaterThan(0);
  for (const bad of ['', 'a b', 'x'.repeat(200)]) {
    const { headers } = await ask('GET /nothing', { headers: { 'opc-request-id': bad } });
    expect(headers.get('opc-request-id')).toMatch(/^[0-9A-F]{32}$/);
  }
});

it.each([
  ['usage', 400, 'InvalidParameter'],
  ['unauthenticated', 401, 'NotAuthenticated'],
  ['not_found', 404, 'NotAuthorizedOrNotFound'],
  ['forbidden', 404, 'NotAuthorizedOrNotFound'],
  ['conflict', 409, 'IncorrectState'],
  ['limit', 429, 'TooManyRequests'],
  ['no_space', 503, 'ServiceUnavailable'],
  ['disk', 503, 'ServiceUnavailable'],
  ['locked', 503, 'ServiceUnavailable'],
  ['cancelled', 503, 'ServiceUnavailable'],
  ['unreachable', 500, 'InternalServerError'],
])('answers an error of the kind %s with %i %s', async (kind, status, code) => {
  const { ask } = await opened();
  const answer = await ask('POST /fail', { json: { kind } });
  expect(answer.status).toBe(status);
  const message = status === 500 ? 'internal error' : 'said so';
  expect(answer.body).toEqual({ code, message });
});

it.each([
  ['MissingParameter', 400],
  ['CannotParseRequest', 400],
  ['RequestTimeout', 408],
  ['InvalidatedRetryToken', 409],
  ['NoEtagMatch', 412],
  ['PayloadTooLarge', 413],
])('answers an error that is %s with %i', async (code, status) => {
  const { ask } = await opened();
  const answer = await ask('POST /fail', { json: { code } });
  expect(answer).toMatchObject({ status, body: { code, message: 'said so: try more' } });
});

it('tells nothing of an error that is a bug, but the log', async () => {
  const { ask, logged } = await opened();
  const answer = await ask('POST /fail', { json: {} });
  expect(answer.status).toBe(500);
  expect(answer.text).not.toContain('swordfish');
  expect(JSON.stringify(logged)).toContain('swordfish');
});

it('answers alike for what is not there, what is forbidden and what is no path', async () => {
  const may = (_: Caller, wish: Wish) => wish.compartment !== '';
  const { ask, sourceOcid, goneOcid, ocidOf, groupOcid, notes } = await opened({ may });
  const madeUp = sourceOcid.replace(/.$/, (c) => (c === 'a' ? 'b' : 'a'));
  const answers = await Promise.all(
    [
      `GET /softwareSources/${sourceOcid}`,
      `GET /softwareSources/${goneOcid}`,
      `GET /softwareSources/${madeUp}`,
      `GET /softwareSources/${groupOcid}`,
      'GET /softwareSources/base',
      'GET /softwareSources/%',
      `GET /softwareSources/${sourceOcid}/more`,
      `GET /softwareSources?compartmentId=${ocidOf('')}`,
      `GET /softwareSources?compartmentId=${ocidOf('').replace(/.$/, '8')}`,
      'GET /nothing',
    ].map((line) => ask(line)),
  );
  for (const answer of answers) {
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(answers[0]!.body);
  }
  expect(answers[0]!.body.code).toBe('NotAuthorizedOrNotFound');
  // The audit knows which it was.
  const details = notes.map(({ detail }) => detail);
  expect(details).toContain('getOne: not permitted');
  expect(details).toContain('getOne: there is none');
  expect(await ask(`GET /softwareSources?compartmentId=${ocidOf('teams')}`)).toMatchObject({
    body: ['teams', true],
  });
});

it('asks for what the operation needs, of the resource and where that is', async () => {
  const wishes: Wish[] = [];
  const may = (_: Caller, wish: Wish) => wishes.push(wish) > 0;
  const { ask, sourceOcid, ocidOf } = await opened({ may });
  await ask(`GET /softwareSources/${sourceOcid}`);
  await ask(`GET /softwareSources?compartmentId=${ocidOf('teams')}`);
  const { verb, type } = source;
  expect(wishes.slice(0, 2)).toEqual([
    { verb, type, compartment: '', target: sourceOcid, operation: 'getOne' },
    { verb, type, compartment: 'teams', operation: 'listThem' },
  ]);
});

it('lets whoever may do it in any compartment ask what is about none', async () => {
  const may = (_: Caller, wish: Wish) => wish.compartment === 'teams:web';
  const { ask } = await opened({ may });
  expect((await ask('POST /fail', { json: { kind: 'conflict' } })).status).toBe(409);
  const { ask: askOther } = await opened({ may: () => false });
  expect((await askOther('POST /fail', { json: { kind: 'conflict' } })).status).toBe(404);
});

it('says which parameters are missing or wrong', async () => {
  const { ask, sourceOcid } = await opened();
  const line = `PUT /softwareSources/${sourceOcid}`;
  const codeAndMessage = async (json: unknown) => {
    const { status, body } = await ask(line, { json });
    expect(status).toBe(400);
    return [body.code, body.message];
  };
  expect(await codeAndMessage({})).toEqual(['MissingParameter', 'displayName: is missing']);
  expect(await codeAndMessage({ displayName: 1 })).toEqual([
    'InvalidParameter',
    expect.stringContaining('displayName'),
  ]);
  expect(await codeAndMessage({ displayName: 'x', count: 0 })).toEqual([
    'InvalidParameter',
    expect.stringContaining('count'),
  ]);
  expect(await codeAndMessage({ displayName: 'x', name: 'y' })).toEqual([
    'InvalidParameter',
    expect.stringContaining('name'),
  ]);
  expect(await codeAndMessage([])).toEqual(['InvalidParameter', expect.any(String)]);
  const query = await ask(`GET /softwareSources/${sourceOcid}?limit=many`);
  expect(query).toMatchObject({ status: 400, body: { code: 'InvalidParameter' } });
  expect(query.body.message).toContain('limit');
  const twice = await ask(`GET /softwareSources/${sourceOcid}?name=a&name=b`);
  expect(twice.status).toBe(400);
  const none = await ask('GET /softwareSources');
  expect(none.body).toEqual({ code: 'MissingParameter', message: 'compartmentId: is missing' });
});

it.each([
  ['no JSON', '{', 'application/json'],
  ['of another type', '{}', 'text/plain'],
  ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'application/json'],
  ['nested too deeply', '['.repeat(40) + ']'.repeat(40), 'application/json'],
  ['nested far too deeply', '['.repeat(100_000) + ']'.repeat(100_000), 'application/json'],
])('refuses a body that is %s', async (_, body, type) => {
  const { url } = await opened();
  const response = await fetch(`${url}/20190801/fail`, {
    ...{ method: 'POST', body, headers: { 'content-type': type } },
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: 'CannotParseRequest' });
});

it('takes a body that is not there for an empty one, as SDKs send that', async () => {
  const { ask } = await opened();
  expect((await ask('POST /fail')).status).toBe(500);
});

it('refuses what its path has no method for', async () => {
  const { ask, sourceOcid } = await opened();
  const answer = await ask(`POST /softwareSources/${sourceOcid}`);
  expect(answer).toMatchObject({ status: 405, body: { code: 'MethodNotAllowed' } });
  expect(answer.headers.get('allow')).toBe('GET, PUT, DELETE');
});

it('answers every method and path below its own with an id and in JSON', async () => {
  const { url } = await opened();
  for (const [method, path] of [
    ['OPTIONS', '/softwareSources'],
    ['PATCH', '/softwareSources'],
    ['GET', ''],
    ['GET', '/'],
    ['GET', '//softwareSources'],
    ['GET', `/${'a/'.repeat(2000)}`],
    ['GET', `/softwareSources?${'a&'.repeat(4000)}`],
  ] as const) {
    const response = await fetch(`${url}/20190801${path}`, { method });
    expect([400, 404, 405]).toContain(response.status);
    expect(response.headers.get('opc-request-id')).toMatch(/^[0-9A-F]{32}$/);
    expect(await response.json()).toEqual({
      ...{ code: expect.any(String), message: expect.any(String) },
    });
  }
});

it('refuses who is not who they say they are, before anything else', async () => {
  const { ask, notes } = await opened();
  for (const line of ['GET /softwareSources/x', 'GET /nothing', 'POST /fail']) {
    const answer = await ask(line, { as: 'nobody' });
    expect(answer).toMatchObject({ status: 401, body: { code: 'NotAuthenticated' } });
    expect(answer.headers.get('www-authenticate')).toMatch(/^Signature/);
  }
  expect(notes[0]).toMatchObject({
    ...{ actor: 'anyone', event: 'api.refused', subject: 'user:eve' },
    ...{ result: '401 NotAuthenticated', detail: expect.stringContaining('key') },
  });
});

it('refuses who asks too often, and says when to ask again', async () => {
  const { ask } = await opened({ rate: { ok: false, retryAfter: 2.5 } });
  const answer = await ask('POST /fail');
  expect(answer).toMatchObject({ status: 429, body: { code: 'TooManyRequests' } });
  expect(answer.headers.get('retry-after')).toBe('3');
});

it('cuts bodies off that are too large or too slow', async () => {
  const { url, ask } = await opened({ body: { most: 1000, patience: 200 } });
  const large = await ask('POST /fail', { json: { kind: 'x'.repeat(2000) } });
  expect(large).toMatchObject({ status: 413, body: { code: 'PayloadTooLarge' } });
  expect(large.headers.get('connection')).toBe('close');
  const slow = await new Promise<{ status: number | undefined; connection: unknown }>(
    (resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': '100' };
      const sent = request(`${url}/20190801/fail`, { method: 'POST', headers }, (response) => {
        resolve({ status: response.statusCode, connection: response.headers.connection });
        response.resume();
        sent.destroy();
      });
      sent.on('error', reject);
      sent.write('{');
    },
  );
  expect(slow).toEqual({ status: 408, connection: 'close' });
});

it('carries nothing out where if-match names another state', async () => {
  const { ask, sourceOcid } = await opened();
  const removed = (match: string) =>
    ask(`DELETE /softwareSources/${sourceOcid}`, { headers: { 'if-match': match } });
  expect(await removed('"f"')).toMatchObject({ status: 412, body: { code: 'NoEtagMatch' } });
  for (const match of ['"e"', 'e', '*', '"f", "e"'])
    expect((await removed(match)).status).toBe(204);
});

it('notes every change and every refusal, and who asked', async () => {
  const { ask, notes, sourceOcid } = await opened();
  await ask(`GET /softwareSources/${sourceOcid}`);
  expect(notes).toEqual([]);
  await ask(`DELETE /softwareSources/${sourceOcid}`, { as: 'bob' });
  await ask('POST /fail', { json: { kind: 'conflict' } });
  expect(notes).toEqual([
    { actor: 'user:bob', event: 'api.removeOne', subject: 'source:base', result: '204' },
    {
      ...{ actor: 'user:alice', event: 'api.fail', result: '409 IncorrectState' },
      detail: 'said so',
    },
  ]);
});
