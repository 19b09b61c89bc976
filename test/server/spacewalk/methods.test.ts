import { expect, it } from 'vitest';
import type { XmlRpcValue } from '../../../src/base/xmlrpc-value.ts';
import { readSystemid } from '../../../src/server/spacewalk/systemid.ts';
import { machine, password, startManaged } from './running.ts';

it('What old and rare clients call is answered without harm, and never with nothing', async () => {
  const server = await startManaged();
  const { systemid } = await server.register();
  const table: [string, XmlRpcValue[], XmlRpcValue | number][] = [
    ['registration.welcome_message', ['en'], 'Welcome to Headwater'],
    ['registration.finish_message', [systemid], [0, '', '']],
    ['registration.remaining_subscriptions', [systemid, 'x86_64', '8', ''], 1],
    ['registration.send_serial', [systemid, '12345', 'vendor'], 0],
    ['registration.register_product', [systemid, {}, {}], 0],
    ['registration.update_contact_info', [systemid, {}], 0],
    ['registration.update_transactions', [systemid, 1795341350, {}], 0],
    ['registration.virt_notify', [systemid, [[1, 'exists', 'system', {}]]], 0],
    ['registration.register_osad', [systemid, { 'client-timestamp': 1 }], {}],
    ['registration.reserve_user', ['admin', password], 1],
    [
      'registration.get_possible_orgs',
      ['admin', password],
      { orgs: { 1: 'Headwater' }, default_org: 1 },
    ],
    [
      'registration.available_eus_channels',
      ['admin', password, 'x86_64', '8', '8'],
      { default_channel: '', receiving_updates: [], channels: {} },
    ],
    ['up2date.history', [systemid, 'a', 'b'], 0],
    ['up2date.solvedep', [systemid, ['libc.so.6']], { 'libc.so.6': [] }],
    ['up2date.solveDependencies', [systemid, ['a', 'b']], { a: [], b: [] }],
    ['errata.GetByPackage', ['bash-5-1', '8'], []],
    ['errata.getPackageErratum', [systemid, ['bash', '5', '1', '']], []],
    ['errata.getErrataNamesById', [systemid, [1]], []],
    ['servers.get', [], []],
    ['queue.length', [systemid], 0],
    ['queue.get_future_actions', [systemid, 24], []],
    ['auth.logout', ['key'], 1],
  ];
  for (const [method, params, expected] of table)
    expect(await server.call(method, ...params), method).toEqual({ result: expected });
  for (const method of ['registration.privacy_statement', 'servers.list'])
    expect(await server.result(method), method).not.toHaveLength(0);
  for (const [method, code] of [
    ['registration.anonymous', -28],
    ['registration.activate_hardware_info', -601],
    ['registration.activate_registration_number', -602],
  ] as const)
    expect((await server.call(method)).fault?.faultCode).toBe(code);
  for (const method of ['reserve_user', 'get_possible_orgs', 'available_eus_channels'])
    expect((await server.call(`registration.${method}`, 'admin', 'wrong')).fault?.faultCode).toBe(
      -2,
    );
});

it('rhn_register gets all that it reads', async () => {
  const server = await startManaged();
  const { profile_name, release_name, os_release, architecture } = machine;
  const registered = await server.result<Record<string, XmlRpcValue>>(
    'registration.new_system_user_pass',
    ...[profile_name, release_name, os_release, architecture, 'admin', password],
    { org_id: '1', smbios: {} },
  );
  expect(registered).toEqual({
    system_id: expect.stringContaining('ID-10000'),
    channels: ['ol8_baseos', 'ol8_addons'],
    failed_channels: [],
    system_slots: [],
    failed_system_slots: [],
    universal_activation_key: [],
  });
  const { id } = readSystemid(registered.system_id as string)!;
  expect(await server.app.operations.showInstance(id)).toMatchObject({
    owner: 'admin',
    osRelease: '8',
  });
});

it('spacewalk-channel lists, adds and removes channels, for those who have a password', async () => {
  const server = await startManaged();
  const { id, systemid } = await server.register();
  const labels = async () =>
    (await server.result<{ label: string }[]>('up2date.listChannels', systemid)).map(
      (c) => c.label,
    );
  const change = async (verb: string, label: string, word = password) =>
    (await server.call(`up2date.${verb}Channels`, systemid, [label], 'admin', word)).fault
      ?.faultCode;

  expect(await change('unsubscribe', 'ol8_addons', 'wrong')).toBe(-2);
  expect(await change('unsubscribe', 'ol8_addons')).toBeUndefined();
  expect(await change('unsubscribe', 'ol8_addons')).toBe(-40);
  expect(await labels()).toEqual(['ol8_baseos']);
  const key: string = await server.result('auth.login', 'admin', password);
  expect(await server.result('system.listChildChannels', key, id)).toEqual([
    expect.objectContaining({ label: 'ol8_addons', id: expect.any(Number) }),
  ]);
  expect(await server.call('system.listChildChannels', `${key}0`, id)).toHaveProperty('fault');
  const [until, name] = key.split('.');
  for (const wrong of ['a.b.c', `${until}.${name}.${'é'.repeat(64)}`]) {
    const { fault } = await server.call('system.listChildChannels', wrong, id);
    expect(fault?.faultCode, wrong).toBe(-2);
  }
  expect(await change('subscribe', 'ol8_addons')).toBeUndefined();
  expect(await labels()).toEqual(['ol8_baseos', 'ol8_addons']);
  expect(await change('subscribe', 'ol8_addons')).toBe(-38);
  expect(await change('subscribe', 'no_such_channel')).toBe(-40);
  expect(await change('unsubscribe', 'ol8_baseos')).toBe(-72);
});

it('A check-in is noted with what the client says of itself', async () => {
  const server = await startManaged();
  const { id, systemid } = await server.register();
  const uname = ['Linux', 'host', '5.15.0-200.el8uek.x86_64', '#1', 'x86_64'];
  await server.result('queue.get', systemid, 2, { uname, uptime: [3600, -1] });
  const { kernel, bootedAt, seenAt } = await server.app.operations.showInstance(id);
  expect(kernel).toBe('5.15.0-200.el8uek.x86_64');
  expect(Math.abs(Date.parse(bootedAt!) + 3_600_000 - Date.parse(seenAt!))).toBeLessThan(10_000);
});
