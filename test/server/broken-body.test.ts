import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Koa from 'koa';
import { expect, it, onTestFinished, vi } from 'vitest';
import { sendBytes } from '../../src/server/yum/send.ts';
import { raw, sha256, startMirrored } from './mirrored.ts';

/** Serves 1000 announced bytes from a source. */
async function serve(read: () => AsyncIterable<Buffer>): Promise<string> {
  const app = new Koa();
  app.use((ctx) =>
    sendBytes(ctx, { size: 1000, read }, { type: 'text/x', etag: '"x"', immutable: false }),
  );
  app.on('error', () => {});
  const server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it.each([
  [
    'breaks in the middle',
    async function* () {
      yield Buffer.alloc(400);
      throw new Error('broken');
    },
  ],
  [
    'ends too early',
    async function* () {
      yield Buffer.alloc(999);
    },
  ],
  [
    'gives more than was announced',
    async function* () {
      yield Buffer.alloc(999);
      yield Buffer.alloc(2);
    },
  ],
])('A body whose source %s ends with a broken connection', async (_, read) => {
  const url = await serve(read);
  await expect(raw(url, '/')).rejects.toThrow(/aborted|hang up|ECONNRESET/);
});

it('A body whose source is whole ends as it should', async () => {
  const url = await serve(async function* () {
    yield Buffer.alloc(1000, 'x');
  });
  expect((await raw(url, '/')).body.length).toBe(1000);
});

it('A package whose bytes are not those that were announced never arrives whole, and is not kept', async () => {
  const { url, upstream } = await startMirrored('ol8');
  const rpm = 'getPackage/weir-1.8.1-2.el8.x86_64.rpm';
  const { size } = await stat(join(upstream.folder, rpm));
  upstream.fault = (_, response) => {
    response.writeHead(200, { 'content-length': size }).end(Buffer.alloc(size, 'x'));
    return true;
  };
  await expect(raw(url, `/channels/ol8/${rpm}`)).rejects.toThrow(/aborted|hang up/);

  upstream.fault = undefined;
  // The next client may still meet the end of the download that failed.
  const whole = await vi.waitFor(async () => {
    const answer = await raw(url, `/channels/ol8/${rpm}`);
    if (answer.status !== 200) expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.status).toBe(200);
    return answer;
  });
  expect(`"${sha256(whole.body)}"`).toBe(whole.headers.etag);
});

it('A package that breaks off upstream each time breaks off here too', async () => {
  const { url, upstream } = await startMirrored('ol8');
  const rpm = 'getPackage/weir-1.8.1-2.el8.x86_64.rpm';
  const { size } = await stat(join(upstream.folder, rpm));
  upstream.fault = (_, response) => {
    const half = Buffer.alloc(size / 2);
    response.writeHead(200, { 'content-length': size }).write(half, () => response.destroy());
    return true;
  };
  await expect(raw(url, `/channels/ol8/${rpm}`)).rejects.toThrow(/aborted|hang up/);
});
