import { expect, it } from 'vitest';
import type { SourceDefinition } from '../../../src/base/source.ts';
import { basic, startRegistered } from './registered.ts';

const upstream = 'file:fixtures/repodata/ol8/';
const sources: SourceDefinition[] = [
  { label: 'ol8', name: 'Oracle Linux 8', upstream },
  { label: 'ol8-child', name: 'Child', parent: 'ol8', upstream },
  { label: 'other', upstream },
];
const defaults = [{ release: '8', arch: undefined, sources: ['ol8', 'ol8-child'] }];
const path = '/instances/self/headwater.repo';

it('gives an instance its own .repo file, with the password that it sent itself', async () => {
  const app = await startRegistered(sources, { defaults });
  const machine = await app.register();
  const headers = await machine.basic();
  const password = Buffer.from(headers.Authorization!.slice(6), 'base64').toString().split(':')[1];
  const answer = await app.get(path, headers);
  expect(answer).toMatchObject({
    status: 200,
    headers: { 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' },
  });
  expect(String(answer.body)).toBe(`# Channels of instance ${machine.id}; made by Headwater.

[ol8]
name=Oracle Linux 8
baseurl=${app.url}/channels/ol8/
enabled=1
gpgcheck=0
username=${machine.id}
password=${password}

[ol8-child]
name=Child
baseurl=${app.url}/channels/ol8-child/
enabled=1
gpgcheck=0
username=${machine.id}
password=${password}
`);
  const byToken = String((await app.get(path, await machine.token())).body);
  expect(byToken).toContain('[ol8-child]');
  expect(byToken).not.toMatch(/username|password|other/);
  expect((await app.get(path)).status).toBe(401);
  expect((await app.get(path, basic(machine.id, 'wrong'))).status).toBe(401);
});

it('writes no password where none is needed, and still asks who it is', async () => {
  const app = await startRegistered(sources, { defaults, access: 'open' });
  const machine = await app.register();
  expect((await app.get(path)).status).toBe(401);
  const file = String((await app.get(path, await machine.basic())).body);
  expect(file).toContain('[ol8]');
  expect(file).not.toMatch(/username|password/);
});

it('names what an instance reads under the label that it knows', async () => {
  const view: SourceDefinition = {
    label: 'held',
    from: ['ol8'],
    filters: [{ packages: { exclude: ['weir'] } }],
  };
  const app = await startRegistered([...sources, view], { defaults });
  const machine = await app.register();
  const headers = await machine.basic();
  const { lenses } = app.app.managed;
  const lens = { scope: 'instance' as const, subject: String(machine.id), label: 'ol8' };
  await lenses.put({ ...lens, channel: 'held', under: 'parent', definition: '{}' });
  await until200(() => app.get('/channels/ol8/repodata/repomd.xml', headers));
  const file = String((await app.get(path, headers)).body);
  const [, ol8] = file.split('\n\n');
  expect(ol8).toContain(`[ol8]\nname=Oracle Linux 8\nbaseurl=${app.url}/channels/ol8/\n`);
  // This server made and signs what is read there.
  expect(ol8).toContain('repo_gpgcheck=1');
  expect(ol8).toContain(`gpgkey=${app.url}/keys/headwater.asc`);
  expect(file).not.toContain('held');
  const own = String((await app.get('/channels/ol8.repo', headers)).body);
  expect(`${own}username`).toBe(ol8!.slice(0, ol8!.indexOf('username') + 'username'.length));
  // What is held back is not had by another way.
  const held = await app.get('/channels/held/repodata/repomd.xml', headers);
  const past = await app.get('/channels/ol8@1/repodata/repomd.xml', headers);
  expect([held.status, past.status]).toEqual([404, 404]);
  expect(past.body).toEqual(held.body);
  const rpm = '/channels/ol8/getPackage/weir-1.8.1-2.el8.x86_64.rpm';
  expect((await app.get(rpm, headers)).status).toBe(404);
  // Who is allowed to may.
  const { channelLists } = app.app.managed;
  await channelLists.attach([machine.id], ['ol8'], { by: 'user:test', history: true });
  expect((await app.get('/channels/ol8@1/repodata/repomd.xml', headers)).status).toBe(200);
  expect(String((await app.get('/channels/ol8@1.repo', headers)).body)).toContain('[ol8-1]');
});

async function until200(ask: () => Promise<{ status: number }>): Promise<void> {
  for (let i = 0; (await ask()).status !== 200; i++) {
    if (i > 100) throw new Error('it is not there');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
