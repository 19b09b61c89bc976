import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';
import { raw } from './mirrored.ts';

const isRequest = (line: Record<string, unknown>) => String(line.msg).startsWith('request');

/** The log lines of requests, once there are so many. */
async function requestLines({ logged }: TestApp, count: number) {
  for (let i = 0; i < 100 && logged.filter(isRequest).length < count; i++) await sleep(20);
  return logged.filter(isRequest);
}

it('A request is logged with what was asked, what was answered and to whom', async () => {
  const app = await startApp([]);
  await raw(app.url, '/channels/none/x%20y', { headers: { 'user-agent': 'libdnf (test)' } });
  const [line] = await requestLines(app, 1);
  expect(line).toMatchObject({
    msg: 'request',
    method: 'GET',
    path: '/channels/none/x%20y',
    status: 404,
    client: '127.0.0.1',
    agent: 'libdnf (test)',
  });
  expect(line!.ms).toBeTypeOf('number');
});

it('Nothing that is logged has credentials in it', async () => {
  const refusing = await startUpstream('/nowhere');
  const address = new URL(refusing.url);
  Object.assign(address, { username: 'user', password: 'secret', search: '?token=secret' });
  const app = await startApp([{ label: 'locked', upstream: address.href }]);
  const result = await app.sync('locked');
  expect(result.outcome).toBe('failed');
  expect(JSON.stringify(result)).not.toContain('secret');

  const headers = {
    authorization: `Basic ${Buffer.from('user:secret').toString('base64')}`,
    cookie: 'session=secret',
    referer: 'http://user:secret@example.test/',
  };
  await raw(app.url, '/channels/locked/repodata/repomd.xml?token=secret', { headers });
  await raw(app.url, 'http://user:secret@example.test/healthz?token=secret', { headers });
  await requestLines(app, 2);
  const text = JSON.stringify(app.logged);
  expect(text).toContain('sync');
  expect(text).not.toContain('secret');
  expect(text).not.toContain(headers.authorization.slice(6));
});

it('X-Forwarded-For is believed from trusted proxies only', async () => {
  const app = await startApp([]);
  const clients: unknown[] = [];
  const ask = async (trustedProxies: string[], forwarded: string) => {
    await app.app.reload({ ...app.config, trustedProxies });
    await raw(app.url, '/healthz', { headers: { 'x-forwarded-for': forwarded } });
    clients.push((await requestLines(app, clients.length + 1)).at(-1)!.client);
    return clients.at(-1);
  };
  expect(await ask([], '192.0.2.7')).toBe('127.0.0.1');
  expect(await ask(['10.0.0.0/8'], '192.0.2.7')).toBe('127.0.0.1');
  expect(await ask(['127.0.0.0/8'], '192.0.2.7')).toBe('192.0.2.7');
  expect(await ask(['127.0.0.1'], '198.51.100.1, 192.0.2.7')).toBe('192.0.2.7');
  expect(await ask(['127.0.0.1', '192.0.2.7'], '198.51.100.1, 192.0.2.7')).toBe('198.51.100.1');
  expect(await ask(['loopback'], '192.0.2.7')).toBe('192.0.2.7');
});
