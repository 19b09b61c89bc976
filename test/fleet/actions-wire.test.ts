import { expect, it } from 'vitest';
import type { XmlRpcValue } from '../../src/base/xmlrpc-value.ts';
import { composeSystemid } from '../../src/server/spacewalk/systemid.ts';
import { readCall, readValue } from '../../src/server/spacewalk/xmlrpc-decode.ts';
import { encodeCall } from '../../src/server/spacewalk/xmlrpc-encode.ts';
import { resultOf, send } from '../server/spacewalk/front.ts';
import { startApp } from '../support/app.ts';

const capabilities = 'packages.update(2)=2,script.run(1)=1';
const password = 'a long enough password';

/** A server, and machines that call it as the plugin's clients do. */
async function createSite() {
  const { app, url } = await startApp([]);
  const { managed } = app;
  await app.operations.addUser('ann', password, { by: 'test', groups: ['Registrars'] });
  async function machine(name: string) {
    const { instance, credential } = await managed.registration.register(
      {
        ...{ name, osName: 'oraclelinux-release', osRelease: '8', arch: 'x86_64' },
        ...{ keys: [], user: { name: 'ann', password }, capabilities },
      },
      '127.0.0.1',
    );
    const systemid = composeSystemid(instance, credential);
    async function call(method: string, ...params: XmlRpcValue[]) {
      const headers = { 'X-RHN-Client-Capability': capabilities };
      const body = encodeCall(method, [systemid, ...params]);
      return resultOf(await send(`${url}/XMLRPC`, { headers, body }));
    }
    /** What rhn_check gets, read as it reads it. */
    async function get(uptime = 1000) {
      const uname = ['Linux', name, '4.18.0', '#1', 'x86_64'];
      const { result, fault } = await call('queue.get', 2, { uname, uptime: [uptime, 1] });
      if (fault) throw new Error(fault.faultString);
      if (result === '') return undefined;
      const { id, version, action } = result as { id: number; version: number; action: string };
      return { id, version, ...readAction(action) };
    }
    const submit = (id: number, status: XmlRpcValue, message = '', data: XmlRpcValue = {}) =>
      call('queue.submit', id, status, message, data);
    return { id: instance.id, call, get, submit };
  }
  const run = async (id: number, kind: string, params: object) =>
    (await app.operations.createActions([id], { kind, params }, 'ann'))[0]!.id;
  return { operations: app.operations, run, one: await machine('one'), two: await machine('two') };
}

/** The document that an action is, read as clients do. */
function readAction(document: string): { method: string; params: XmlRpcValue[] } {
  const { method, params } = readCall(document);
  const given: XmlRpcValue[] = [];
  for (; params.next(); params.leave()) given.push(readValue(params.scan));
  params.end();
  return { method, params: given };
}

it('rhn_check gets one action after the other, and says what came of each', async () => {
  const { operations, run, one, two } = await createSite();
  const script = '#!/bin/sh\necho "<&>\té" >&2\nexit 3\n';
  const first = await run(one.id, 'script.run', { script, timeout: 30 });
  const second = await run(one.id, 'packages.fullUpdate', {});
  expect(await two.get()).toBeUndefined();

  const now = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  expect(await one.get()).toEqual({
    ...{ id: first, version: 2, method: 'script.run' },
    params: [first, { username: 'root', groupname: 'root', timeout: 30, script, now }],
  });
  const output = Buffer.from('<&>\té\n').toString('base64');
  const data = { output, base64enc: 1, return_code: 768 };
  expect(await one.submit(first, 1, 'Script failed', data)).toEqual({ result: 0 });
  expect(await one.submit(first, 255, 'Previous run of action')).toEqual({ result: 0 });
  expect(await operations.showAction(first)).toMatchObject({
    ...{ state: 'failed', status: 1, message: 'Script failed' },
    result: { data: { output: '<&>\té\n', exitCode: 3 } },
  });

  expect(await one.get()).toMatchObject({ id: second, method: 'packages.fullUpdate', params: [] });
  // What is another's, or nobody's, is refused, and nothing changes.
  for (const [machine, id] of [
    [two, second],
    [one, 4711],
    [one, -1],
  ] as const) {
    expect((await machine.submit(id, 0)).fault?.faultCode).toBe(-22);
  }
  const message = 'Error while executing packages action: empty transaction';
  expect(await one.submit(second, [6], message)).toEqual({ result: 0 });
  expect(await operations.showAction(second)).toMatchObject({
    ...{ state: 'failed', status: null, message },
  });
  expect(await one.get()).toBeUndefined();
  expect(await one.call('queue.length')).toEqual({ result: 0 });
});

it('A machine that was told to reboot gets nothing until it did', async () => {
  const { operations, run, one } = await createSite();
  const reboot = await run(one.id, 'reboot.reboot', {});
  const other = await run(one.id, 'hardware.refresh_list', {});
  expect(await one.get(9000)).toMatchObject({ id: reboot, method: 'reboot.reboot', params: [] });
  await one.submit(reboot, 0, 'Reboot sucessfully started');
  expect(await one.get(9000)).toBeUndefined();
  expect(await operations.showAction(reboot)).toMatchObject({ state: 'picked_up', status: 0 });
  expect(await one.get(12)).toMatchObject({ id: other });
  expect(await operations.showAction(reboot)).toMatchObject({ state: 'completed' });
});

it('What is due later can be fetched ahead', async () => {
  const { operations, one } = await createSite();
  const earliestAt = new Date(Date.now() + 3_600_000).toISOString();
  const params = { packages: [{ name: 'tmux' }] };
  const request = { kind: 'packages.install', params, earliestAt };
  await operations.createActions([one.id], request, 'ann');
  expect(await one.get()).toBeUndefined();
  const { result } = await one.call('queue.get_future_actions', 24);
  expect(result).toHaveLength(1);
  const [{ action }] = result as [{ action: string }];
  expect(readAction(action)).toEqual({
    method: 'packages.update',
    params: [[['tmux', '', '', '', '']]],
  });
  expect(await one.call('queue.get_future_actions', 0)).toEqual({ result: [] });
});
