import { expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { refused } from '../../../src/fleet/refusals.ts';
import type { SpacewalkDoor } from '../../../src/server/spacewalk/door.ts';
import { composeSystemid } from '../../../src/server/spacewalk/systemid.ts';
import { encodeCall } from '../../../src/server/spacewalk/xmlrpc-encode.ts';
import { resultOf, send, startDoor } from './front.ts';

const instance = {
  id: 1000010000,
  name: 'one',
  osName: 'oraclelinux-release',
  osRelease: '8',
  arch: 'x86_64-redhat-linux',
  owner: 'admin',
};
const systemid = composeSystemid(instance, 'c'.repeat(64));
const behind = {
  instances: { bySystemid: async () => instance, seen: () => {} },
} as unknown as Partial<SpacewalkDoor>;

const call = async (url: string, method: string, ...params: Parameters<typeof encodeCall>[1]) =>
  send(`${url}/XMLRPC`, { body: encodeCall(method, params) });

it('An answer has a length, the type text/xml, and the capabilities in one header', async () => {
  const url = await startDoor();
  for (const method of ['registration.welcome_message', 'no.such_method']) {
    const answer = await call(url, method);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/xml',
      'content-length': String(answer.body.length),
    });
    expect(answer.headers['transfer-encoding']).toBeUndefined();
    expect(answer.headers['x-rhn-fault-string']).toBeUndefined();
    const said = String(answer.headers['x-rhn-server-capability']);
    // What crashes the clients' parsers is an entry without parentheses.
    for (const entry of said.split(',')) expect(entry).toMatch(/^[a-z0-9_.]+\([\d-]+\)=1$/);
    expect(said).toContain('xmlrpc.packages.extended_profile(1-2)=1');
    expect(said).toContain('staging_content(1)=1');
  }
});

it('An unknown method is fault -1, also where its name means something to JavaScript', async () => {
  const url = await startDoor();
  for (const method of ['a.b', '', 'toString', '__proto__', 'constructor', 'auth.login'])
    expect(resultOf(await call(url, method)).fault?.faultCode).toBe(-1);
});

it('A parameter of a wrong type, or one too few, is a fault', async () => {
  const url = await startDoor(behind);
  for (const params of [[], [1], [[]], [{}]])
    expect(resultOf(await call(url, 'up2date.login', ...params)).fault?.faultCode).toBe(-32602);
  for (const params of [['x'], [[]], [{}], [1.5], []]) {
    const answer = await call(url, 'queue.get_future_actions', systemid, ...params);
    expect(resultOf(answer).fault?.faultCode, JSON.stringify(params)).toBe(-32602);
  }
  for (const params of [['x'], [['x']], [{}], []]) {
    const answer = await call(url, 'registration.refresh_hw_profile', systemid, ...params);
    expect(resultOf(answer).fault?.faultCode).toBe(-32602);
  }
});

it.each([
  ['systemid', -9],
  ['login', -2],
  ['key_unknown', -60],
  ['key_used_up', -61],
  ['key_conflict', -63],
  ['no_base', -70],
  ['no_such_channel', -40],
  ['attached_already', -38],
  ['second_base', -32],
  ['leaving_base', -72],
  ['no_such_action', -22],
] as const)(
  'The refusal %s is fault %i, whose text has what clients look for',
  async (reason, code) => {
    const bySystemid = () => Promise.reject(refused(reason, 'no way'));
    const url = await startDoor({ instances: { bySystemid } as never });
    const { fault } = resultOf(await call(url, 'queue.length', systemid));
    expect(fault?.faultCode).toBe(code);
    expect(fault?.faultString).toMatch(/^\nError Message:\n {4}no way\nError Class Code: \d+\n/);
    expect(fault?.faultString).toContain('\nExplanation: ');
  },
);

it('A mistake in the server, and trouble of its disk, are fault 1 without what happened', async () => {
  for (const error of [new TypeError('secret'), new AppError('disk', 'secret')]) {
    const bySystemid = () => Promise.reject(error);
    const url = await startDoor({ instances: { bySystemid } as never });
    const answer = await call(url, 'queue.length', systemid);
    expect(resultOf(answer).fault?.faultCode).toBe(1);
    expect(answer.body.toString()).not.toMatch(/secret|\.ts|at /);
  }
});

it('Failures wait for each address and identity, and a success ends that', async () => {
  const said: string[] = [];
  let known = false;
  const url = await startDoor({
    instances: {
      bySystemid: () =>
        known ? Promise.resolve(instance) : Promise.reject(refused('systemid', 'no')),
      seen: () => {},
    } as never,
    actions: { length: async () => 0 } as never,
    slowDown: {
      failed: async (address, identity) => void said.push(`failed ${address} ${identity}`),
      succeeded: (address, identity) => void said.push(`succeeded ${address} ${identity}`),
    },
  });
  await call(url, 'queue.length', systemid);
  await call(url, 'queue.length', 'no systemid');
  known = true;
  await call(url, 'queue.length', systemid);
  expect(said).toEqual([
    'failed 127.0.0.1 instance:1000010000',
    'failed 127.0.0.1 anyone',
    'succeeded 127.0.0.1 instance:1000010000',
  ]);
});
