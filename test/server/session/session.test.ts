import { request } from 'node:http';
import { expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';

const password = 'correct horse';

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: { user?: string; code?: string; message?: string; expiresAt?: string };
}

/** Asks `/session`, as a page of this server would unless told otherwise. */
function ask(
  app: TestApp,
  method: string,
  { headers = {}, body }: { headers?: Record<string, string | undefined>; body?: unknown } = {},
): Promise<Answer> {
  const sent = {
    ...{ origin: app.url, 'sec-fetch-site': 'same-origin' },
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...headers,
  };
  const named = Object.entries(sent).filter((pair): pair is [string, string] => !!pair[1]);
  return new Promise((resolve, reject) => {
    const sending = request(
      `${app.url}/session`,
      { method, headers: Object.fromEntries(named) },
      (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        res.on('end', () => {
          const { statusCode: status, headers: got } = res;
          resolve({ status: status!, headers: got, body: text === '' ? {} : JSON.parse(text) });
        });
      },
    );
    sending.on('error', reject);
    sending.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function withAda(overrides = {}): Promise<TestApp> {
  const app = await startApp([], overrides);
  await app.app.operations.addUser('ada', password, { by: 'root' });
  return app;
}

const login = (app: TestApp, headers: Record<string, string | undefined> = {}) =>
  ask(app, 'POST', { headers, body: { user: 'ada', password } });

/** What a browser sends of the cookie that it was given. */
const cookieOf = (answer: Answer): string => String(answer.headers['set-cookie']).split(';')[0]!;

it('A page logs in, asks who it is, and logs out', async () => {
  const app = await withAda();
  expect(await ask(app, 'GET')).toMatchObject({ status: 401 });
  const answer = await login(app);
  expect(answer).toMatchObject({ status: 200, body: { user: 'ada' } });
  expect(String(answer.headers['set-cookie'])).toMatch(
    /^headwater_session=[0-9a-f]{64}; Path=\/; Expires=[^;]+ GMT; HttpOnly; SameSite=Strict$/,
  );
  expect(answer.headers['cache-control']).toBe('no-store');
  const headers = { cookie: cookieOf(answer) };
  expect(await ask(app, 'GET', { headers })).toMatchObject({
    ...{ status: 200, body: { user: 'ada', expiresAt: answer.body.expiresAt } },
  });
  const out = await ask(app, 'DELETE', { headers });
  expect(out.status).toBe(204);
  expect(String(out.headers['set-cookie'])).toContain('headwater_session=; ');
  expect(await ask(app, 'GET', { headers })).toMatchObject({ status: 401 });
  expect(JSON.stringify(app.logged)).not.toContain(password);
});

it('Logging in again ends the session before', async () => {
  const app = await withAda();
  const first = { cookie: cookieOf(await login(app)) };
  const second = { cookie: cookieOf(await login(app, first)) };
  expect(await ask(app, 'GET', { headers: first })).toMatchObject({ status: 401 });
  expect(await ask(app, 'GET', { headers: second })).toMatchObject({ status: 200 });
});

it('What comes from elsewhere is refused, with a good password and a good session', async () => {
  const app = await withAda();
  const cookie = cookieOf(await login(app));
  const foreign: Record<string, string | undefined>[] = [
    { origin: 'https://evil.example', 'sec-fetch-site': undefined },
    { origin: 'null', 'sec-fetch-site': undefined },
    { origin: app.url.replace('http:', 'https:'), 'sec-fetch-site': undefined },
    { origin: undefined, 'sec-fetch-site': 'cross-site' },
    { origin: undefined, 'sec-fetch-site': 'same-site' },
    { origin: app.url, 'sec-fetch-site': 'cross-site' },
  ];
  for (const headers of foreign) {
    expect(await login(app, headers)).toMatchObject({ status: 401 });
    for (const method of ['GET', 'DELETE'])
      expect(await ask(app, method, { headers: { ...headers, cookie } })).toMatchObject({
        status: 401,
      });
  }
  const silent = { origin: undefined, 'sec-fetch-site': undefined, cookie };
  expect(await ask(app, 'DELETE', { headers: silent })).toMatchObject({ status: 401 });
  expect(await login(app, silent)).toMatchObject({ status: 401 });
  // To read, it is enough not to come from elsewhere.
  expect(await ask(app, 'GET', { headers: silent })).toMatchObject({ status: 200 });
  const typed = { origin: undefined, 'sec-fetch-site': 'none', cookie };
  expect(await ask(app, 'GET', { headers: typed })).toMatchObject({ status: 200 });
});

it('Behind a proxy that speaks TLS the cookie is for TLS alone', async () => {
  const app = await withAda({ trustedProxies: ['loopback'] });
  const headers = {
    ...{ 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' },
    ...{ 'x-forwarded-host': 'yum.example.test', origin: 'https://yum.example.test' },
  };
  const answer = await login(app, headers);
  expect(answer.status).toBe(200);
  expect(String(answer.headers['set-cookie'])).toMatch(/; SameSite=Strict; Secure$/);
});

it('What is no login is refused: a form, other members, none, and too much', async () => {
  const app = await withAda();
  const form = { 'content-type': 'text/plain' };
  const right = { user: 'ada', password };
  expect(await ask(app, 'POST', { headers: form, body: right })).toMatchObject({ status: 400 });
  for (const body of [{ ...right, more: 1 }, { user: 'ada' }, [], 'x', null, { user: 1, password }])
    expect(await ask(app, 'POST', { body })).toMatchObject({ status: 400 });
  const large = { user: 'ada', password: 'x'.repeat(20_000) };
  expect(await ask(app, 'POST', { body: large })).toMatchObject({ status: 413 });
  const wrong = await ask(app, 'POST', { body: { user: 'ada', password: 'wrong' } });
  expect(wrong).toMatchObject({ status: 401 });
  expect(wrong.headers['set-cookie']).toBeUndefined();
});

it('Two cookies of that name are none: another host of the domain may have set one', async () => {
  const app = await withAda();
  const own = cookieOf(await login(app));
  const cookie = `${own}; headwater_session=${'a'.repeat(64)}`;
  expect(await ask(app, 'GET', { headers: { cookie } })).toMatchObject({ status: 401 });
  expect(await ask(app, 'GET', { headers: { cookie: `a=b; ${own}; c` } })).toMatchObject({
    status: 200,
  });
});
