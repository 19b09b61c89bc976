import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startUpstream } from '../support/upstream.ts';
import { fixtureFolder } from './folder.ts';
import { createPlace, until } from './headwater.ts';

const rpm = 'getPackage/weir-1.8.1-2.el8.x86_64.rpm';

it('At SIGTERM a download that is under way finishes, new connections are refused, and the exit code is 0', async () => {
  const upstream = await startUpstream(fixtureFolder('ol8'));
  const whole = await readFile(join(upstream.folder, rpm));
  const place = await createPlace(`sources: [{ label: ol8, upstream: "${upstream.url}" }]`);
  const server = await place.serve();
  expect((await place.run('sync', 'ol8')).code).toBe(0);

  let goOn = () => {};
  upstream.fault = (_, response) => {
    response.writeHead(200, { 'content-length': whole.length }).write(whole.subarray(0, 2000));
    goOn = () => response.end(whole.subarray(2000));
    return true;
  };
  const download = await fetch(`${server.url}/channels/ol8/${rpm}`);
  let over = false;
  const body = download.bytes().finally(() => {
    over = true;
  });
  const ended = server.stop('SIGTERM');
  const refused = async () => {
    const error = await fetch(`${server.url}/healthz`, { headers: { connection: 'close' } }).then(
      () => undefined,
      (e) => e,
    );
    return error?.cause?.code === 'ECONNREFUSED';
  };
  await until(refused);
  expect(over, 'the download waits still').toBe(false);
  goOn();
  expect(Buffer.from(await body).equals(whole)).toBe(true);
  expect(await ended).toBe(0);
  expect(server.logged().at(-1)).toMatchObject({ status: 200, path: `/channels/ol8/${rpm}` });
});

it('At SIGTERM a sync that is under way is broken off, and what was served is served at the next start', async () => {
  const upstream = await startUpstream(fixtureFolder('ol8'));
  const place = await createPlace(`sources: [{ label: ol8, upstream: "${upstream.url}" }]`);
  const first = await place.serve();
  expect((await place.run('sync', 'ol8')).code).toBe(0);
  let asked = false;
  upstream.fault = () => {
    asked = true;
    return true;
  };
  const sync = place.run('sync', 'ol8');
  await until(() => asked);
  expect(await first.stop('SIGTERM')).toBe(0);
  const { code, stdout, stderr } = await sync;
  expect(code).toBe(1);
  expect(stdout + stderr).toMatch(/cancelled|ended before it answered/);

  upstream.fault = undefined;
  const second = await place.serve();
  expect((await fetch(`${second.url}/channels/ol8/repodata/repomd.xml`)).status).toBe(200);
  const { value } = await place.json<{ history: { outcome: string }[] }>('source', 'show', 'ol8');
  expect(value.history.map((r) => r.outcome)).toEqual(['cancelled', 'updated']);
});
