import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { limits } from '../../../src/base/limits.ts';
import { encodeCall } from '../../../src/server/spacewalk/xmlrpc-encode.ts';
import { resultOf, send, startDoor } from './front.ts';

const welcome = Buffer.from(encodeCall('registration.welcome_message', []));
const base64 = (bytes: Buffer) => Buffer.from(bytes.toString('base64').replace(/.{76}/g, '$&\n'));

it.each<[string, Buffer, Record<string, string>]>([
  ['plain', welcome, {}],
  [
    'gzip as rhncfg sends it',
    gzipSync(welcome),
    {
      'Content-Encoding': 'x-gzip',
      'Content-Transfer-Encoding': 'binary',
      'Content-Type': 'application/binary',
    },
  ],
  ['gzip', gzipSync(welcome), { 'Content-Encoding': 'gzip' }],
  ['zlib', deflateSync(welcome), { 'content-encoding': 'X-Zlib' }],
  ['deflate', deflateSync(welcome), { 'Content-Encoding': 'deflate' }],
  [
    'base64',
    base64(welcome),
    { 'Content-Transfer-Encoding': 'base64', 'Content-Type': 'text/base64' },
  ],
  [
    'base64 around zlib',
    base64(deflateSync(welcome)),
    { 'Content-Transfer-Encoding': 'base64', 'Content-Encoding': 'x-zlib' },
  ],
  [
    'base64 around gzip',
    base64(gzipSync(welcome)),
    { 'Content-Transfer-Encoding': 'BASE64', 'Content-Encoding': 'x-gzip' },
  ],
])('A call may be sent %s', async (_, body, headers) => {
  const url = await startDoor();
  for (const chunked of [false, true]) {
    const answer = await send(`${url}/XMLRPC`, { body, headers, chunked });
    expect(answer.status).toBe(200);
    expect(resultOf(answer)).toEqual({ result: 'Welcome to Headwater' });
  }
});

it.each<[string, Buffer, Record<string, string>]>([
  ['nothing', Buffer.alloc(0), {}],
  ['white space', Buffer.from(' \n'), {}],
  ['raw deflate', deflateRawSync(welcome), { 'Content-Encoding': 'deflate' }],
  ['broken gzip', gzipSync(welcome).subarray(0, 40), { 'Content-Encoding': 'gzip' }],
  ['an unknown encoding', welcome, { 'Content-Encoding': 'br' }],
  ['an unknown transfer encoding', welcome, { 'Content-Transfer-Encoding': 'quoted-printable' }],
  ['base64 that is none', Buffer.from('*'), { 'Content-Transfer-Encoding': 'base64' }],
])('A body of %s gets 400', async (_, body, headers) => {
  const answer = await send(`${await startDoor()}/XMLRPC`, { body, headers });
  expect(answer.status).toBe(400);
  expect(resultOf(answer).fault?.faultCode).toBe(-32700);
});

it('Large bodies wait for each other, and small ones for nobody', async () => {
  const before = limits.requestBodies;
  limits.requestBodies = 1;
  onTestFinished(() => {
    limits.requestBodies = before;
  });
  const held: (() => void)[] = [];
  const url = await startDoor({
    users: {
      check: async (name: string) => {
        if (name === 'large') await new Promise<void>((done) => held.push(done));
        return name;
      },
    },
  });
  const login = (name: string, password: string) =>
    send(`${url}/rpc/api`, { body: encodeCall('auth.login', [name, password]) });
  const large = [1, 2, 3].map(() => login('large', 'x'.repeat(100_000)));
  await expect.poll(() => held.length).toBe(1);
  expect((await login('small', 'x')).status).toBe(200);
  expect(held).toHaveLength(1);
  for (let done = 1; done <= 3; done++) {
    held.at(-1)!();
    if (done < 3) await expect.poll(() => held.length).toBe(done + 1);
  }
  for (const answer of await Promise.all(large)) expect(resultOf(answer).fault).toBeUndefined();
});

it('A large body that stops coming keeps others waiting for a moment only', async () => {
  const before = limits.requestBodies;
  limits.requestBodies = 1;
  onTestFinished(() => {
    limits.requestBodies = before;
  });
  const url = await startDoor({ users: { check: async (name: string) => name } });
  const stalled = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void stalled.destroy());
  stalled.write(`POST /rpc/api HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\n`);
  await new Promise((resolve) => stalled.write('x'.repeat(200_000), resolve));
  const body = encodeCall('auth.login', ['large', 'x'.repeat(100_000)]);
  for (let i = 0; i < 2; i++) {
    expect(resultOf(await send(`${url}/rpc/api`, { body })).fault).toBeUndefined();
  }
});

it('A body that is too large, as sent or when decompressed, gets a fault', async () => {
  const url = await startDoor();
  const many = Buffer.alloc(65 * 1024 * 1024, ' ');
  const bomb = await send(`${url}/XMLRPC`, {
    body: gzipSync(many),
    headers: { 'Content-Encoding': 'gzip' },
  });
  expect(resultOf(bomb).fault?.faultCode).toBe(-32600);
  const headers = { 'Content-Length': String(33 * 1024 * 1024) };
  // Only announced: it is refused before it is sent.
  const large = await send(`${url}/XMLRPC`, { body: welcome, headers });
  expect(resultOf(large).fault?.faultCode).toBe(-32600);
  expect(large.headers.connection).toBe('close');
});

it('Room for what a compressed body may become is taken before it is decompressed', async () => {
  const before = limits.requestBodies;
  limits.requestBodies = 8 * 1024 * 1024;
  onTestFinished(() => {
    limits.requestBodies = before;
  });
  const url = await startDoor();
  const size = 16 * 1024 * 1024;
  // No more than limits.openRatio.
  const padding = randomBytes(4096).toString('hex');
  const call = Buffer.from(
    `<!--${padding}--><methodCall><methodName>a.b</methodName></methodCall>`,
  );
  const body = gzipSync(Buffer.concat([call, Buffer.alloc(size, ' ')]));
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }, 2);
  onTestFinished(() => clearInterval(watch));
  const first = process.memoryUsage().arrayBuffers;
  const headers = { 'Content-Encoding': 'gzip' };
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => send(`${url}/XMLRPC`, { body, headers })),
  );
  expect(answers.map((a) => resultOf(a).fault?.faultCode)).toEqual(answers.map(() => -1));
  // What is waiting to be freed is there too; all at the same time would be 30.
  expect(most - first).toBeLessThan(15 * size);
});
