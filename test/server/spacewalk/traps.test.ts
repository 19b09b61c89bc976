import { expect, it } from 'vitest';
import type { XmlRpcValue } from '../../../src/base/xmlrpc-value.ts';
import { readOnlyParam } from '../../../src/server/spacewalk/xmlrpc-decode.ts';
import { encodeCall, escaped } from '../../../src/server/spacewalk/xmlrpc-encode.ts';
import { invented, writeRepository } from '../../mirror/repository.ts';
import { resultOf, send } from './front.ts';
import { machine, password, startManaged } from './running.ts';

type Struct = Record<string, XmlRpcValue>;

const repomd = '/XMLRPC/GET-REQ/ol8_baseos/repodata/repomd.xml';

it('Answers to calls have a length and the type text/xml, however long they are', async () => {
  const server = await startManaged();
  const { id, systemid } = await server.register();
  const script = `#!/bin/sh\n${'# a line\n'.repeat(8000)}`;
  const capabilities = { 'X-RHN-Client-Capability': 'script.run(1)=1,script.run(1)=1' };
  await send(`${server.url}/XMLRPC`, {
    body: encodeCall('queue.get', [systemid, 2, {}]),
    headers: capabilities,
  });
  await server.app.operations.createActions(
    [id],
    { kind: 'script.run', params: { script } },
    'test',
  );
  const answer = await send(`${server.url}/XMLRPC`, {
    body: encodeCall('queue.get', [systemid, 2, {}]),
  });
  expect(answer.body.length).toBeGreaterThan(64_000);
  expect(answer.headers['content-length']).toBe(String(answer.body.length));
  expect(answer.headers['transfer-encoding']).toBeUndefined();
  expect(answer.headers['content-type']).toBe('text/xml');
  // A higher version crashes rhn_check.
  expect(resultOf(answer).result).toMatchObject({ version: 2 });
});

it('A login token has five values for headers, none of them empty, and is good with spaces around them and in any case', async () => {
  const server = await startManaged();
  const { id, systemid } = await server.register();
  const login = await server.result<Struct>('up2date.login', systemid);
  expect(login['X-RHN-Server-Id']).toBe(id);
  expect(String(id)).toMatch(/^\d{9,}$/);
  expect(readOnlyParam(systemid)).toMatchObject({ system_id: `ID-${id}` });
  expect(Number(login['X-RHN-Auth-Expire-Offset'])).toBeGreaterThan(0);
  const token = await server.token(systemid);
  expect(Object.keys(token)).toHaveLength(5);
  for (const value of Object.values(token)) expect(value).toMatch(/^[\x21-\x7e]+$/);
  const odd = Object.fromEntries(
    Object.entries(token).map(([name, value]) => [name.toLowerCase(), `  ${value}\t `]),
  );
  const answer = await send(server.url + repomd, { method: 'GET', headers: odd });
  expect(answer.status).toBe(200);
  expect(answer.headers['cache-control']).toMatch(/^private/);
});

it('The release comes back exactly as the client said it, at registration and after an upgrade', async () => {
  const server = await startManaged();
  const { id, systemid } = await server.register({ os_release: '8Server' });
  expect(readOnlyParam(systemid)).toMatchObject({ os_release: '8Server' });
  const upgraded = await server.result<string>(
    'registration.upgrade_version',
    systemid,
    '8.10-beta',
  );
  expect(readOnlyParam(upgraded)).toMatchObject({ os_release: '8.10-beta' });
  // The client goes on with the old one for the rest of its run.
  expect(await server.result('queue.get', systemid, 2, {})).toBe('');
  expect(await server.result('registration.update_systemid', upgraded)).toBe(upgraded);
  expect(await server.app.operations.showInstance(id)).toMatchObject({ osRelease: '8.10-beta' });
});

it('Channels have all members, as strings; the parent has no parent', async () => {
  const server = await startManaged();
  const { systemid } = await server.register();
  const channels = await server.result<Record<string, string>[]>('up2date.listChannels', systemid);
  expect(channels.map((c) => c.label)).toEqual(['ol8_baseos', 'ol8_addons']);
  for (const channel of channels) {
    for (const value of Object.values(channel)) expect(typeof value).toBe('string');
    expect(channel.last_modified).toMatch(/^\d{14}$/);
    expect(channel.arch).toBe('channel-x86_64');
    for (const member of ['gpg_key_url', 'name', 'summary', 'org_id'])
      expect(channel).toHaveProperty(member);
  }
  expect(channels.map((c) => c.parent_channel)).toEqual(['', channels[0]!.id]);
});

it('A status that is an array is a failure, of which the message is kept', async () => {
  const server = await startManaged();
  const { id, systemid } = await server.register();
  const run = async (status: XmlRpcValue, message: string) => {
    const create = { kind: 'packages.fullUpdate', params: {} };
    const [action] = await server.app.operations.createActions([id], create, 'test');
    expect(await server.result('queue.get', systemid, 2, {})).toMatchObject({ id: action!.id });
    expect(await server.result('queue.submit', systemid, action!.id, status, message, {})).toBe(0);
    // One that comes twice is no fault.
    expect(await server.result('queue.submit', systemid, action!.id, status, message, {})).toBe(0);
    return server.app.operations.showAction(action!.id);
  };
  expect(await run([6], 'empty transaction')).toMatchObject({
    state: 'failed',
    status: null,
    message: 'empty transaction',
  });
  expect(await run(0, 'Update Succeeded')).toMatchObject({ state: 'completed', status: 0 });
  expect(await server.result('queue.get', systemid, 2, {})).toBe('');
  expect(await server.result('queue.length', systemid)).toBe(0);
});

it('The packages of an advisory are five strings each; one without is a fault, not an empty list', async () => {
  const server = await startManaged();
  const { id, systemid } = await server.register();
  const create = { kind: 'errata.update', params: { advisories: ['ELSA-2026-1'] } };
  await server.app.operations.createActions([id], create, 'test');
  const { action } = await server.result<Record<string, string>>('queue.get', systemid, 2, {});
  const number = Number(/<int>(\d+)<\/int>/.exec(action!)?.[1]);
  expect(await server.result('errata.getErrataInfo', systemid, number)).toEqual([
    ['hello-sw', '1.1', '1', '', 'noarch'],
  ]);
  expect(await server.call('errata.getErrataInfo', systemid, 4711)).toHaveProperty('fault');
  // One of what it does not have is as one that there is not.
  const labels = ['ol8_baseos', 'ol8_addons'];
  await server.app.operations.detachSources({ instance: id, group: null, labels, by: 'test' });
  const told = async (n: number) =>
    (await server.call('errata.getErrataInfo', systemid, n)).fault?.faultString.replaceAll(
      `number ${n}`,
      'number N',
    );
  const absent = await told(4711);
  expect(absent).toContain('number N');
  expect(await told(number)).toBe(absent);
});

it('A token outlives the key that it was signed with, once', async () => {
  const server = await startManaged();
  const { systemid } = await server.register();
  const headers = await server.token(systemid);
  const read = async () => (await send(server.url + repomd, { method: 'GET', headers })).status;
  await server.app.operations.rotateTokenKey();
  expect(await read()).toBe(200);
  await server.app.operations.rotateTokenKey();
  expect(await read()).toBe(401);
});

it('last_modified moves with what a channel has, and only then', async () => {
  const server = await startManaged();
  const { systemid } = await server.register();
  const modified = async () =>
    (await server.result<Record<string, string>[]>('up2date.listChannels', systemid)).map(
      (c) => c.last_modified!,
    );
  const [base, addons] = await modified();
  expect(await modified()).toEqual([base, addons]);
  await writeRepository(server.upstream.folder, {
    packages: [invented('hello-sw', '1.2')],
    time: 1_700_000_100,
  });
  await server.sync('ol8_baseos');
  await expect.poll(async () => (await modified())[0]! > base!, { timeout: 8000 }).toBe(true);
  expect((await modified())[1]).toBe(addons);
});

it('Faults say Explanation: in their text, and never stand in headers of answers to calls', async () => {
  const server = await startManaged();
  const { systemid } = await server.register();
  const wrong = systemid.replace(/[0-9a-f]{64}/, 'f'.repeat(64));
  for (const [method, ...params] of [
    ['up2date.login', wrong],
    ['up2date.listChannels', wrong],
    ['queue.get', wrong, 2, {}],
    ['registration.new_system', { ...machine, token: '1-unknown' }],
    ['registration.new_system', { ...machine, profile_name: '', token: server.key }],
    ['registration.new_system', { ...machine, os_release: '', token: server.key }],
    ['registration.new_system', { ...machine, username: 'admin', password: 'wrong' }],
    ['no.method'],
  ] as [string, ...XmlRpcValue[]][]) {
    const answer = await send(`${server.url}/XMLRPC`, { body: encodeCall(method, params) });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.headers).join()).not.toContain('fault');
    const { fault } = resultOf(answer);
    expect(fault?.faultString).toMatch(/\nExplanation: ./);
    // Codes that make plugins abort the whole command.
    if (method.startsWith('up2date.')) expect([-31, -49, -91]).not.toContain(fault?.faultCode);
  }
});

it('A registration is none until its machine shows that it has stored its systemid', async () => {
  const server = await startManaged();
  const { id, systemid } = await server.register();
  const registering = async () => (await server.app.operations.showInstance(id)).registering;
  await server.result('registration.add_hw_profile', systemid, [{ class: 'MEMORY', ram: '64' }]);
  await server.result('registration.add_packages', systemid, []);
  expect(await registering()).toBe(true);
  await server.result('queue.get', systemid, 2, {});
  expect(await registering()).toBe(false);
});

it('Profiles may be of structs and arrays, whatever the client announced', async () => {
  const server = await startManaged();
  const { id, systemid } = await server.register();
  const count = async () => (await server.app.operations.showInstance(id)).packages;
  const bash = { name: 'bash', version: '5.1', release: '1', epoch: '', arch: 'x86_64' };
  await server.result('registration.add_packages', systemid, [bash, ['zlib', '1.2', '1', '']]);
  expect(await count()).toBe(2);
  await server.result('registration.update_packages', systemid, [
    { ...bash, installtime: 1795341350 },
    ['glibc', '2.28', '1', '', 'x86_64', 'cookie'],
    ['glibc', '2.28', '1', '', 'i686'],
  ]);
  expect(await count()).toBe(3);
  const delta = { added: [['tar', '1', '1', '']], deleted: [bash] };
  await server.result('registration.delta_packages', systemid, delta);
  expect(await count()).toBe(3);
  await server.result('registration.delete_packages', systemid, [['tar', '1', '1', '']]);
  expect(await count()).toBe(2);
});

it('The capability that announces staging goes with the call that it needs', async () => {
  const server = await startManaged();
  const { systemid } = await server.register();
  const answer = await send(`${server.url}/XMLRPC`, {
    body: encodeCall('registration.welcome_message', []),
  });
  expect(answer.headers['x-rhn-server-capability']).toContain('staging_content(1)=1');
  expect(await server.result('queue.get_future_actions', systemid, 24)).toEqual([]);
});

it('Neither systemids nor passwords nor keys are logged', async () => {
  const server = await startManaged();
  const { systemid, credential } = await server.register();
  await server.call('registration.new_system', { ...machine, username: 'admin', password });
  await server.call('registration.new_system', {
    ...machine,
    username: 'admin',
    password: 'not-the-password',
  });
  await server.call('registration.new_system', { ...machine, token: 'not-the-key' });
  await server.call('queue.get', systemid.replace('ID-', 'ID-9'), 2, {});
  const broken = encodeCall('queue.get', [systemid]).slice(0, -30);
  await send(`${server.url}/XMLRPC`, { body: broken });
  const logged = JSON.stringify(server.logged);
  expect(logged).toContain('call refused');
  for (const secret of [credential, password, server.key, 'not-the-password', 'not-the-key'])
    expect(logged).not.toContain(secret);
  expect(logged).not.toContain(escaped('<name>checksum</name>'));
});
