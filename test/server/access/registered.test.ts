import { expect, it } from 'vitest';
import type { SourceDefinition } from '../../../src/base/source.ts';
import { until } from '../../cli/headwater.ts';
import type { RawAnswer } from '../mirrored.ts';
import { basic, type Registered, startRegistered } from './registered.ts';

const sources: SourceDefinition[] = [
  { label: 'ol8', name: 'Oracle Linux 8', upstream: 'file:fixtures/repodata/ol8/' },
  { label: 'ol8-held', name: 'Held back', upstream: 'file:fixtures/repodata/ol8/' },
  { label: 'ol8-extra', parent: 'ol8', upstream: 'file:fixtures/repodata/ol7/' },
];
const defaults = [{ release: '8', arch: undefined, sources: ['ol8'] }];

const rpm = 'getPackage/weir-1.8.1-2.el8.x86_64.rpm';
/** Below a channel's name. */
const belowChannel = [
  '.repo',
  '/repodata/repomd.xml',
  '/repodata/repomd.xml.asc',
  `/${rpm}`,
  '/nothing',
  '@1/repodata/repomd.xml',
  '@1.repo',
  '@none/repodata/repomd.xml',
];

/** What tells answers apart; the time that they were given at, and this request's length, do not. */
function told({ status, headers, body }: RawAnswer) {
  const { date, ...rest } = headers;
  return { status, headers: rest, body: body.toString() };
}

const failures = (app: Registered) =>
  app.app.managed.audit.query({ event: 'access.refused', limit: 100 });

it('answers anybody the same for every path of a channel, be it there or not', async () => {
  const app = await startRegistered(sources, { defaults });
  const paths = [
    ...['ol8', 'ol8-held', 'none', 'ol8%', '%2e%2e', ''].flatMap((label) =>
      belowChannel.map((path) => `/channels/${label}${path}`),
    ),
    ...['/keys/ol8.asc', '/keys/none.asc', '/keys/%.asc', '/keys/', '/keys'],
    ...['/channels', '/channels/', '/channels/ol8', '/channels/ol8/'],
    '/instances/self/headwater.repo',
  ];
  const answers = await Promise.all(paths.map(async (path) => told(await app.get(path))));
  expect(answers[0]).toMatchObject({
    status: 401,
    body: 'this is for registered instances\n',
    headers: {
      'www-authenticate': 'Basic realm="Headwater", charset="UTF-8"',
      'cache-control': 'no-store',
    },
  });
  const { vary, ...rest } = answers[0]!.headers;
  expect(vary).toBe('Authorization, X-RHN-Auth');
  for (const [i, answer] of answers.entries()) {
    const { vary: _, ...headers } = answer.headers;
    expect({ ...answer, headers }, paths[i]).toEqual({ ...answers[0], headers: rest });
  }
  for (const method of ['HEAD', 'POST', 'DELETE', 'OPTIONS']) {
    expect((await fetch(`${app.url}/channels/ol8.repo`, { method })).status, method).toBe(401);
  }
  // The server's own keys are no channel's; who says nothing was not refused anything.
  expect((await app.get('/keys/headwater.asc')).status).toBe(404);
  expect(await failures(app)).toEqual([]);
});

it('lets an instance read what it has attached, by token and by password, and nothing else', async () => {
  const app = await startRegistered(sources, { defaults });
  const machine = await app.register();
  for (const headers of [await machine.token(), await machine.basic()]) {
    const of = (path: string) => app.get(path, headers);
    expect((await of('/channels/ol8/repodata/repomd.xml')).status).toBe(200);
    expect((await of(`/channels/ol8/${rpm}`)).status).toBe(200);
    expect((await of('/channels/ol8@1/repodata/repomd.xml')).status).toBe(200);
    expect((await of('/channels/ol8.repo')).body.toString()).toContain('[ol8]');
    const absent = told(await of('/channels/none/repodata/repomd.xml'));
    expect(absent).toMatchObject({ status: 404, body: 'there is no such file\n' });
    for (const label of ['ol8-held', 'ol8-extra', 'none', '%2e%2e', '%c3%a9']) {
      for (const path of belowChannel) {
        const answer = told(await of(`/channels/${label}${path}`));
        expect(answer, label + path).toEqual(absent);
      }
    }
    expect(told(await of('/channels/ol8/nothing'))).toEqual(absent);
    for (const path of ['/keys/ol8.asc', '/keys/ol8-held.asc', '/keys/none.asc']) {
      expect(told(await of(path)), path).toEqual(absent);
    }
  }
  const { audit, channelLists } = app.app.managed;
  const refused = await audit.query({ event: 'channel.refused', limit: 100 });
  expect(refused.map((r) => r.subject)).toContain('ol8-held');
  expect(refused.map((r) => r.instance)).toContain(machine.id);

  const headers = await machine.basic();
  await channelLists.attach([machine.id], ['ol8-extra'], { by: 'user:test' });
  expect((await app.get('/channels/ol8-extra/repodata/repomd.xml', headers)).status).toBe(200);
  await channelLists.detach([machine.id], ['ol8-extra'], 'user:test');
  expect((await app.get('/channels/ol8-extra/repodata/repomd.xml', headers)).status).toBe(404);
});

it('shows at / to each what it has, and to anybody nothing', async () => {
  const app = await startRegistered(sources, { defaults });
  const machine = await app.register();
  const json = { accept: 'application/json' };
  const anybody = await app.get('/', json);
  expect(JSON.parse(String(anybody.body))).toEqual({ channels: [] });
  expect(anybody.headers).toMatchObject({
    'cache-control': 'private, no-cache',
    vary: 'Authorization, X-RHN-Auth, Accept',
  });
  const page = String((await app.get('/')).body);
  expect(page).toContain('registered instances');
  for (const { label } of sources) expect(page).not.toContain(label);
  const headers = await machine.basic();
  const { channels } = JSON.parse(String((await app.get('/', { ...json, ...headers })).body));
  expect(channels).toHaveLength(1);
  expect(channels[0]).toMatchObject({ label: 'ol8', name: 'Oracle Linux 8', ready: true });
  expect(String((await app.get('/', headers)).body)).toContain('ol8.repo');
  for (const path of ['//', '/?x=1']) {
    expect(String((await app.get(path)).body), path).not.toContain('ol8');
  }
  expect((await app.get('/', basic(machine.id, 'wrong'))).status).toBe(401);
});

it('is kept by no cache that several share', async () => {
  const app = await startRegistered(sources, { defaults });
  const headers = await (await app.register()).token();
  const of = async (path: string, more = {}) =>
    (await app.get(path, { ...headers, ...more })).headers;
  const repomd = await of('/channels/ol8/repodata/repomd.xml');
  expect(repomd).toMatchObject({
    'cache-control': 'private, no-cache',
    vary: 'Authorization, X-RHN-Auth',
  });
  const text = await app.get('/channels/ol8/repodata/repomd.xml', headers);
  const [primary] = /repodata\/[^"]*primary[^"]*/.exec(String(text.body)) ?? [];
  expect(await of(`/channels/ol8/${primary}`)).toMatchObject({
    'cache-control': expect.stringMatching(/^private, /),
  });
  const known = { 'if-none-match': String(repomd.etag) };
  expect(
    await app.get('/channels/ol8/repodata/repomd.xml', { ...headers, ...known }),
  ).toMatchObject({ status: 304, headers: { 'cache-control': 'private, no-cache' } });
  for (const path of ['/channels/ol8.repo', '/channels/ol8/none', '/channels/none/x']) {
    expect((await of(path))['cache-control'], path).toMatch(/private|no-store/);
  }
  // Open channels stay as they were.
  await app.app.reload({ ...app.config, access: 'open' });
  const open = await app.get(`/channels/ol8/${primary}`);
  expect([open.status, open.headers.vary]).toEqual([200, undefined]);
  expect(open.headers['cache-control']).not.toContain('private');
});

it('refuses what is forged, and notes it; what has expired it only refuses', async () => {
  const app = await startRegistered(sources, { defaults });
  const machine = await app.register();
  const good = await machine.token();
  const password = await machine.basic();
  const path = '/channels/ol8/repodata/repomd.xml';
  const wrong = [
    { ...good, 'X-RHN-Auth': Buffer.alloc(32).toString('base64') },
    { ...good, 'X-RHN-Server-Id': '1000010001' },
    { 'X-RHN-Server-Id': String(machine.id) },
    basic(machine.id, 'wrong'),
    basic('1000099999', 'wrong'),
    { Authorization: 'Bearer abc' },
    { Authorization: 'Basic ====' },
    { Authorization: `Basic ${Buffer.from('\u0000:').toString('base64')}` },
  ];
  const answers = await Promise.all(wrong.map((headers) => app.get(path, headers)));
  const anybody = told(await app.get(path));
  for (const answer of answers) expect(told(answer)).toEqual(anybody);
  await until(async () => (await failures(app)).length >= 5);
  expect(
    (await failures(app)).every((f) => f.address === '127.0.0.1' && f.actor === 'anyone'),
  ).toBe(true);
  // What is wrong beside something that is right does no harm.
  expect((await app.get(path, { ...good, Authorization: 'Basic ====' })).status).toBe(200);
  expect((await app.get(path, { ...password, 'X-RHN-Auth': 'x' })).status).toBe(200);

  await app.app.managed.instances.remove(machine.id, { actor: 'user:test' });
  expect((await app.get(path, good)).status).toBe(401);
  expect((await app.get(path, password)).status).toBe(401);
});

it('lets those wait who fail again and again, and nobody else at the same address', async () => {
  const app = await startRegistered(sources, { defaults });
  const path = '/channels/ol8/repodata/repomd.xml';
  const machine = await app.register();
  const other = await app.register('web2');
  const good = await machine.basic();
  const guess = async () => {
    const started = performance.now();
    expect((await app.get(path, basic(machine.id, 'guess'))).status).toBe(401);
    return performance.now() - started;
  };
  for (const least of [200, 450, 900]) expect(await guess()).toBeGreaterThan(least);
  let waits = true;
  const pending = guess().finally(() => {
    waits = false;
  });
  const rights = [good, await other.basic(), await other.token(), await machine.token()];
  const answers = await Promise.all(rights.map((headers) => app.get(path, headers)));
  expect(answers.map((a) => a.status)).toEqual([200, 200, 200, 200]);
  expect(waits).toBe(true);
  await pending;
});

it('takes a login of an instance that reads repomd.xml by password for a check-in', async () => {
  const app = await startRegistered(sources, { defaults });
  const machine = await app.register();
  const { instances } = app.app.managed;
  await app.get('/channels/ol8/nothing', await machine.basic());
  expect((await instances.get(machine.id))?.seenAt).toBe(machine.instance.seenAt);
  await app.get('/channels/ol8/repodata/repomd.xml', await machine.basic());
  const seen = await instances.get(machine.id);
  expect(seen).toMatchObject({ address: '127.0.0.1', registering: false });
});
