import { connect } from 'node:net';
import { expect, it } from 'vitest';
import type { XmlRpcValue } from '../../../src/base/xmlrpc-value.ts';
import { encodeCall } from '../../../src/server/spacewalk/xmlrpc-encode.ts';
import { resultOf, send } from './front.ts';
import { machine, startManaged } from './running.ts';

const code = ({ fault }: { fault?: { faultCode: number } }) => fault?.faultCode;

it('A systemid that is forged, stale, or of another instance is fault -9, and nothing changes', async () => {
  const server = await startManaged();
  const [one, other] = [await server.register(), await server.register({ profile_name: 'other' })];
  const gone = await server.register({ profile_name: 'gone' });
  expect(await server.result('system.deleteSystem', gone.systemid)).toBe(1);
  const mixed = one.systemid.replace(one.credential, other.credential);
  expect(mixed).not.toBe(one.systemid);
  const wrong = [
    mixed,
    one.systemid.replace(one.credential, 'f'.repeat(64)),
    one.systemid.replace(one.credential, ''),
    one.systemid.replace(String(one.id), '1999999999'),
    one.systemid.slice(0, 400),
    gone.systemid,
    `<!DOCTYPE a [<!ENTITY b "c">]>${one.systemid}`,
    'ID-1000010000',
    '',
  ];
  const before = await server.app.operations.listInstances({});
  const answers = await Promise.all(
    wrong.map((systemid, i) =>
      i % 2
        ? server.call('up2date.listChannels', systemid)
        : server.call('registration.update_packages', systemid, []),
    ),
  );
  expect(answers.map(code)).toEqual(wrong.map(() => -9));
  expect(await server.app.operations.listInstances({})).toEqual(before);
  const noted = await server.app.operations.queryAudit({
    instance: null,
    event: 'refused',
    since: null,
    limit: 50,
  });
  expect(noted.length).toBeGreaterThan(0);
  expect(noted[0]).toMatchObject({
    actor: 'anyone',
    address: expect.stringContaining('127.0.0.1'),
  });
});

it('Valid systemids do not wait for those that are guessed behind the same address', async () => {
  const server = await startManaged();
  const { systemid, credential } = await server.register();
  const guesses = Array.from({ length: 4 }, (_, i) =>
    server.call('queue.length', systemid.replace(credential, `${i}`.repeat(64))),
  );
  const started = performance.now();
  await Promise.race(guesses);
  for (let i = 0; i < 5; i++) await server.result('queue.length', systemid);
  expect(performance.now() - started).toBeLessThan(1500);
  await Promise.all(guesses);
  expect(performance.now() - started).toBeGreaterThan(1900);
  expect((await Promise.all(guesses)).map(code)).toEqual(guesses.map(() => -9));
});

it('Of what nobody known sends, no more than a megabyte is read; an instance may send more', async () => {
  const server = await startManaged();
  const { systemid } = await server.register();
  const padding = '&amp;'.repeat(300_000);
  const packages = Array.from({ length: 8000 }, (_, i) => ({
    ...{ name: `package-${i}`, version: '1.0', release: '1.el8', epoch: '', arch: 'noarch' },
  }));
  for (const [method, ...params] of [
    ['registration.new_system', { ...machine, token: server.key, other: padding }],
    ['registration.reserve_user', padding, 'x'],
    ['up2date.login', systemid + padding],
    ['queue.length', { a: padding }],
  ] as [string, ...XmlRpcValue[]][]) {
    const started = await server.app.operations.listInstances({});
    expect(code(await server.call(method, ...params)), method).toBe(-32600);
    expect(await server.app.operations.listInstances({}), method).toEqual(started);
  }
  const calls = encodeCall('registration.update_packages', [systemid, packages]);
  expect(calls.length).toBeGreaterThan(1_500_000);
  expect(await server.result('registration.update_packages', systemid, packages)).toBe(0);
  const { id } = (await server.app.operations.listInstances({}))[0]!;
  expect(await server.app.managed.profiles.count(id)).toBe(8000);
});

it('A request that is no proper call is a fault without a trace of the program', async () => {
  const server = await startManaged();
  const { systemid } = await server.register();
  const good = encodeCall('registration.update_packages', [systemid, []]);
  const deep = '<value><array><data>'.repeat(500) + '</data></array></value>'.repeat(500);
  const bodies: [string, number][] = [
    [`<!DOCTYPE a>${good}`, -32700],
    [good.replace('<data>', '<data>&a;'), -32700],
    [good.replace('update_packages', 'update_\u0001packages'), -32700],
    [good.slice(0, -20), -32700],
    ['{"jsonrpc": "2.0"}', -32700],
    [good.replace(/<value><array>.*<\/array><\/value>/s, '<value><int>1</int></value>'), -32700],
    [good.replace('registration.update_packages', 'a.b'), -1],
    [
      encodeCall('queue.submit', [systemid]).replace(
        '</params>',
        `<param>${deep}</param></params>`,
      ),
      -32600,
    ],
    [encodeCall('queue.submit', [systemid, 'x', 0, '', {}]), -32602],
    [encodeCall('registration.new_system', ['x']), -32602],
    [encodeCall('registration.upgrade_version', [systemid, 'a b\n']), -21],
  ];
  for (const [body, expected] of bodies) {
    const answer = await send(`${server.url}/XMLRPC`, { body });
    expect(answer.status).toBe(200);
    expect(code(resultOf(answer)), body.slice(-400)).toBe(expected);
    expect(answer.body.toString()).not.toMatch(/\.ts|node_modules|Error: |\bat \S+:\d+/);
  }
  const empty = await send(`${server.url}/XMLRPC`, { body: '' });
  expect(empty.status).toBe(400);
});

it('A client that hangs up in the middle of its request is no failure of the server', async () => {
  const server = await startManaged();
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write('POST /XMLRPC HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n<?xml');
  await new Promise((resolve) => setTimeout(resolve, 200));
  socket.destroy();
  const refused = () => server.logged.filter((line) => line.msg === 'call refused');
  await expect.poll(() => refused().length).toBe(1);
  expect(server.logged.filter((line) => Number(line.level) >= 50)).toEqual([]);
});

it('A profile of 60,000 packages is refused, and the one before stays', async () => {
  const server = await startManaged();
  const { id, systemid } = await server.register();
  const packages = (count: number): XmlRpcValue[] =>
    Array.from({ length: count }, (_, i) => ({
      name: `p${i}`,
      version: '1',
      release: '1',
      epoch: '',
      arch: 'noarch',
    }));
  await server.result('registration.update_packages', systemid, packages(5000));
  expect(code(await server.call('registration.update_packages', systemid, packages(60_000)))).toBe(
    -32600,
  );
  // One entry that is none, and a request that breaks off after its list.
  const odd = [...packages(3), 'x'];
  expect(code(await server.call('registration.update_packages', systemid, odd))).toBe(-32700);
  const body = encodeCall('registration.update_packages', [systemid, packages(3)]).slice(0, -30);
  expect(code(resultOf(await send(`${server.url}/XMLRPC`, { body })))).toBe(-32700);
  expect(await server.app.operations.showInstance(id)).toMatchObject({ packages: 5000 });
});

it('The result of an action of another instance, or that was not handed out, is fault -22', async () => {
  const server = await startManaged();
  const [one, other] = [await server.register(), await server.register({ profile_name: 'other' })];
  const create = { kind: 'packages.refresh_list', params: {} };
  const [action] = await server.app.operations.createActions([one.id], create, 'test');
  const submit = (systemid: string, id: number) =>
    server.call('queue.submit', systemid, id, 0, 'done', {});
  expect(code(await submit(one.systemid, action!.id))).toBe(-22);
  await server.result('queue.get', one.systemid, 2, {});
  expect(code(await submit(other.systemid, action!.id))).toBe(-22);
  expect(code(await submit(one.systemid, 4711))).toBe(-22);
  expect(await server.app.operations.showAction(action!.id)).toMatchObject({ state: 'picked_up' });
});

it('A registration that lacks what it must have is refused, and leaves nothing', async () => {
  const server = await startManaged();
  const register = (system: Record<string, XmlRpcValue>) =>
    server.call('registration.new_system', { ...machine, ...system }).then(code);
  expect(await register({})).toBe(-21);
  expect(await register({ token: 'unknown' })).toBe(-60);
  expect(await register({ token: `${server.key},unknown` })).toBe(-60);
  expect(await register({ token: server.key, profile_name: '' })).toBe(-800);
  expect(await register({ token: server.key, os_release: '' })).toBe(-21);
  expect(await register({ token: server.key, architecture: [] })).toBe(-21);
  expect(await register({ username: 'admin', password: 'wrong password' })).toBe(-2);
  expect(await register({ username: 'nobody', password: 'wrong password' })).toBe(-2);
  expect(await server.app.operations.listInstances({})).toEqual([]);
  expect(await register({ token: `${server.key}, ${server.key}` })).toBeUndefined();
});
