import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { invented } from '../../mirror/repository.ts';
import { basic } from '../access/registered.ts';
import { send } from './front.ts';
import { startManaged } from './running.ts';

it('Files of attached channels are served to a good token; whatever else is asked for is not there', async () => {
  const server = await startManaged({ access: 'registered' });
  const { id, systemid } = await server.register();
  const headers = await server.token(systemid);
  const get = (path: string, more: Record<string, string> = {}, method = 'GET') =>
    send(`${server.url}/XMLRPC/${path}`, { method, headers: { ...headers, ...more } });
  const { bytes } = invented('withepoch', '3.0');

  for (const door of ['GET-REQ', '$RHN', '%24RHN']) {
    expect((await get(`${door}/ol8_baseos/repodata/repomd.xml`)).status).toBe(200);
    const rpm = await get(`${door}/ol8_baseos/Packages/withepoch-3.0-1.noarch.rpm`);
    expect(rpm.body.equals(bytes)).toBe(true);
    expect(rpm.headers['cache-control']).toMatch(/^private\b(?!.*public)/);
  }
  // By its name, and below its parts, where no metadata calls it so.
  for (const path of ['', 'withepoch/3.0/1/noarch/']) {
    const rpm = await get(`GET-REQ/ol8_baseos/getPackage/${path}withepoch-3.0-1.noarch.rpm`);
    expect(rpm.body.equals(bytes)).toBe(true);
    expect(rpm.headers['content-length']).toBe(String(bytes.length));
  }
  const part = await get('GET-REQ/ol8_baseos/getPackage/withepoch-3.0-1.noarch.rpm', {
    Range: 'bytes=5-9',
  });
  expect([part.status, part.body.equals(bytes.subarray(5, 10))]).toEqual([206, true]);
  const head = await get('GET-REQ/ol8_baseos/repodata/repomd.xml', {}, 'HEAD');
  expect([head.status, head.body.length]).toEqual([200, 0]);

  await server.app.operations.detachSources({
    instance: id,
    group: null,
    labels: ['ol8_addons'],
    by: 'test',
  });
  const absent = await get('GET-REQ/no_such_channel/repodata/repomd.xml');
  expect(absent.status).toBe(404);
  for (const path of [
    'GET-REQ/ol8_addons/repodata/repomd.xml',
    'GET-REQ/ol8_addons/getPackage/libgreet-2.0-1.noarch.rpm',
    // A package of a channel that is not attached is not in one that is.
    'GET-REQ/ol8_baseos/getPackage/libgreet-2.0-1.noarch.rpm',
    'GET-REQ/ol8_baseos/getPackage/withepoch-3.1-1.noarch.rpm',
    'GET-REQ/ol8_baseos/getPackage/withepoch.rpm',
    'GET-REQ/ol8_baseos/listPackages/20240102030405',
    'GET-REQ/ol8_baseos@1/repodata/repomd.xml',
    'GET-REQ/ol8_baseos/../ol8_addons/repodata/repomd.xml',
  ]) {
    const answer = await get(path);
    expect([answer.status, answer.body.toString()], path).toEqual([404, absent.body.toString()]);
    expect(answer.headers['x-rhn-fault-code'], path).toBeUndefined();
  }
  const noted = await server.app.operations.queryAudit({
    ...{ instance: id, event: 'channel.refused', since: null, limit: 50 },
  });
  expect(noted.map((entry) => [entry.actor, entry.subject]).toSorted()).toEqual(
    ['no_such_channel', 'ol8_addons', 'ol8_baseos@1'].map((label) => [`instance:${id}`, label]),
  );
});

it('A token that is missing, forged, shortened or of an instance that is gone gets 401 and a fault for old clients', async () => {
  const server = await startManaged();
  const [one, other] = [await server.register(), await server.register({ profile_name: 'other' })];
  const token = await server.token(one.systemid);
  const foreign = await server.token(other.systemid);
  const get = (headers: Record<string, string>) =>
    send(`${server.url}/XMLRPC/GET-REQ/ol8_baseos/repodata/repomd.xml`, { method: 'GET', headers });
  const without = (name: string) =>
    Object.fromEntries(Object.entries(token).filter(([n]) => n !== name));
  const wrong = [
    {},
    ...Object.keys(token).map(without),
    { ...token, 'X-RHN-Auth': foreign['X-RHN-Auth']! },
    { ...token, 'X-RHN-Server-Id': foreign['X-RHN-Server-Id']! },
    { ...token, 'X-RHN-Auth-Expire-Offset': '999999999.0' },
    { ...token, 'X-RHN-Auth': token['X-RHN-Auth']!.slice(0, 20) },
    { ...token, 'X-RHN-Auth': '%00' },
  ];
  await Promise.all(
    wrong.map(async (headers) => {
      const answer = await get(headers);
      expect(answer.status).toBe(401);
      expect(answer.headers['x-rhn-fault-code']).toBe('-33');
      const said = String(answer.headers['x-rhn-fault-string']).replaceAll(', ', '');
      expect(Buffer.from(said, 'base64').toString()).toContain('Error Class Code: 33');
      expect(answer.headers['cache-control']).toBe('no-store');
    }),
  );
  expect((await get(token)).status).toBe(200);
  await server.result('system.deleteSystem', one.systemid);
  expect((await get(token)).status).toBe(401);
  expect((await get(foreign)).status).toBe(200);
}, 60_000);

it('A token that is too old is told so', async () => {
  const server = await startManaged({
    fleet: {
      ...(await import('../../../src/cli/fleet-section.ts')).readFleet({}),
      tokenLifetimeMs: -400_000,
    },
  });
  const { systemid } = await server.register();
  const answer = await send(`${server.url}/XMLRPC/GET-REQ/ol8_baseos/repodata/repomd.xml`, {
    method: 'GET',
    headers: await server.token(systemid),
  });
  expect([answer.status, answer.headers['x-rhn-fault-code']]).toEqual([401, '-34']);
});

it('A package that the channel leaves with its upstream is served here all the same: the token goes nowhere else', async () => {
  const server = await startManaged({}, { packages: 'none' });
  const { systemid } = await server.register();
  const path = 'ol8_baseos/Packages/withepoch-3.0-1.noarch.rpm';
  const open = await send(`${server.url}/channels/${path}`, { method: 'GET' });
  expect(open.status).toBe(302);
  const headers = await server.token(systemid);
  const rpm = await send(`${server.url}/XMLRPC/GET-REQ/${path}`, { method: 'GET', headers });
  expect(rpm.status).toBe(200);
  expect(rpm.body.equals(invented('withepoch', '3.0').bytes)).toBe(true);
});

it('Where channels are for instances, nobody who sends a token is sent elsewhere, whatever else they send', async () => {
  const server = await startManaged({ access: 'registered' }, { packages: 'none' });
  const { id, systemid } = await server.register();
  const { password } = await server.app.operations.issueCredential(id, { by: 'test' });
  const token = await server.token(systemid);
  const plain = basic(id, password);
  const url = `${server.url}/channels/ol8_baseos/Packages/withepoch-3.0-1.noarch.rpm`;
  const status = async (headers: Record<string, string>) =>
    (await send(url, { method: 'GET', headers })).status;
  expect(await status(plain)).toBe(302);
  expect(await status({ ...plain, ...token })).toBe(200);
  expect(await status(token)).toBe(200);
});

it('A machine that has metadata from before its filter changed gets the packages that it may have, and no others', async () => {
  const server = await startManaged({ access: 'registered' });
  const { id, systemid } = await server.register();
  const { operations } = server.app;
  const { password } = await operations.issueCredential(id, { by: 'test' });
  const token = await server.token(systemid);
  const get = async (path: string) => {
    const doors = [
      [`XMLRPC/GET-REQ/ol8_baseos/${path}`, token],
      [`channels/ol8_baseos/${path}`, basic(id, password)],
    ] as const;
    const answers = await Promise.all(
      doors.map(([door, headers]) => send(`${server.url}/${door}`, { method: 'GET', headers })),
    );
    return answers.map(({ status, body }) => (status === 200 ? body : status));
  };
  const may = invented('withepoch', '3.0').bytes;
  const not = invented('hello-sw', '1.1').bytes;
  const rendered = (name: string, bytes: Buffer) => `packages/${hash('sha256', bytes)}/${name}`;

  const lens = { scope: 'instance', subject: String(id), label: 'ol8_baseos' } as const;
  const view = { at: null, stage: null, under: 'parent', by: 'test' } as const;
  await operations.setLens({
    ...lens,
    ...view,
    filters: [{ packages: { exclude: ['hello-sw'] } }],
  });
  expect(await get('Packages/withepoch-3.0-1.noarch.rpm')).toEqual([may, may]);
  expect(await get('Packages/hello-sw-1.1-1.noarch.rpm')).toEqual([404, 404]);
  expect(await get(rendered('hello-sw-1.1-1.noarch.rpm', not))).toEqual([404, 404]);
  expect(await get(rendered('withepoch-3.0-1.noarch.rpm', may))).toEqual([may, may]);
  await operations.removeLens({ ...lens, by: 'test' });
  expect(await get(rendered('withepoch-3.0-1.noarch.rpm', may))).toEqual([may, may]);
  expect(await get('Packages/hello-sw-1.1-1.noarch.rpm')).toEqual([not, not]);
});
