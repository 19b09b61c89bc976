import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { expect, it } from 'vitest';
import { hasOpenssl, makeCertificates } from '../mirror/certificates.ts';
import { listen, setProxies, startProxy } from '../mirror/proxy.ts';
import { temporaryFolder } from '../support/app.ts';
import { openQueue } from './queue.ts';

it.skipIf(!hasOpenssl)(
  'A receiver with a certificate of an unknown authority is told nothing, through a proxy neither',
  async () => {
    const { server } = await makeCertificates(await temporaryFolder());
    let asked = 0;
    const receiver = createServer(
      { cert: readFileSync(server.cert), key: readFileSync(server.key) },
      (_, response) => {
        asked++;
        response.end();
      },
    );
    const port = await listen(receiver);
    const queue = await openQueue();
    await queue.add('direct', `https://127.0.0.1:${port}/`);
    await queue.add('proxied', `https://upstream.test:${port}/`);
    const refused = { problem: expect.stringContaining('authority is not known here') };
    expect(await queue.hooks.test('direct')).toMatchObject(refused);
    const proxy = await startProxy();
    setProxies({ HTTPS_PROXY: `http://user:s3cret@127.0.0.1:${proxy.port}` });
    const tested = await queue.hooks.test('proxied');
    expect(tested).toMatchObject(refused);
    expect(tested.problem).not.toContain('s3cret');
    expect(proxy.asked).toEqual([`CONNECT upstream.test:${port} as user:s3cret`]);
    expect(asked).toBe(0);
  },
);

it('An address that nobody answers at is told as that', async () => {
  const queue = await openQueue();
  await queue.add('gone', 'http://127.0.0.1:1/');
  expect((await queue.hooks.test('gone')).problem).toBe(
    'it did not answer (ECONNREFUSED): check the address, and whether the receiver runs',
  );
});
