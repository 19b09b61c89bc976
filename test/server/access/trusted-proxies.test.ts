import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { SourceDefinition } from '../../../src/base/source.ts';
import { startApp } from '../../support/app.ts';
import { raw } from '../mirrored.ts';
import { basic, startRegistered } from './registered.ts';

const sources: SourceDefinition[] = [{ label: 'ol8', upstream: 'file:fixtures/repodata/ol8/' }];
const forwarded = {
  'X-Forwarded-For': '203.0.113.9',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'yum.example.test',
};

it('writes into .repo files, and into the log, what a trusted proxy says, and no other', async () => {
  const app = await startApp(sources);
  const baseUrl = async () => {
    const { body } = await raw(app.url, '/channels/ol8.repo', { headers: forwarded });
    return /^baseurl=(.*)$/m.exec(String(body))![1];
  };
  expect(await baseUrl()).toBe(`${app.url}/channels/ol8/`);
  await app.app.reload({ ...app.config, trustedProxies: ['loopback'] });
  expect(await baseUrl()).toBe('https://yum.example.test/channels/ol8/');
  await app.app.reload({
    ...app.config,
    trustedProxies: ['loopback'],
    publicUrl: 'https://set.example.test',
  });
  expect(await baseUrl()).toBe('https://set.example.test/channels/ol8/');
  await sleep(50);
  const clients = app.logged.filter((l) => l.msg === 'request').map((l) => l.client);
  expect(clients).toEqual(['127.0.0.1', '203.0.113.9', '203.0.113.9']);
});

it('audits, and slows down, whom a trusted proxy names', async () => {
  const app = await startRegistered(sources, { trustedProxies: ['loopback'] });
  const machine = await app.register();
  const path = '/channels/ol8/repodata/repomd.xml';
  const wrong = { ...basic(machine.id, 'wrong'), ...forwarded };
  expect((await app.get(path, wrong)).status).toBe(401);
  const { audit } = app.app.managed;
  const [entry] = await audit.query({ event: 'access.refused', limit: 1 });
  expect(entry).toMatchObject({ address: '203.0.113.9', subject: String(machine.id) });
});
