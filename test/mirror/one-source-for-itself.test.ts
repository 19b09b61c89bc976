import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fixtureCopy, startApp, temporaryFolder } from '../support/app.ts';
import { startUpstream } from '../support/upstream.ts';

const rpm = 'getPackage/weir-doc-1.8.1-2.el8.noarch.rpm';

it('a package that one source’s upstream holds back is served from another source at once', async () => {
  const [stalled, healthy] = await Promise.all([
    startUpstream(await fixtureCopy('ol8')),
    startUpstream(await fixtureCopy('ol8')),
  ]);
  stalled.fault = (request) => request.url!.endsWith('.rpm') && new Promise<boolean>(() => {});
  const { url, sync } = await startApp([
    { label: 'a', upstream: stalled.url },
    { label: 'b', upstream: healthy.url },
  ]);
  await sync('a');
  await sync('b');
  const stop = new AbortController();
  const held = fetch(`${url}/channels/a/${rpm}`, { signal: stop.signal }).catch(() => undefined);
  expect((await fetch(`${url}/channels/b/${rpm}`)).status).toBe(200);
  stop.abort();
  await stalled.close();
  await held;
});

it('credentials go to the host that the source names, not to one that its mirrorlist names', async () => {
  const folder = await fixtureCopy('ol9');
  const seen: (string | undefined)[] = [];
  const mirror = await startUpstream(folder);
  mirror.fault = (request) => {
    seen.push(request.headers.authorization);
    return false;
  };
  const lists = await temporaryFolder();
  await writeFile(join(lists, 'list'), `http://[bad/\n${mirror.url}\n`);
  await writeFile(join(lists, 'password'), 'secret\n');
  const list = await startUpstream(lists);
  let asked: string | undefined;
  list.fault = (request) => {
    asked = request.headers.authorization;
    return false;
  };
  const { sync } = await startApp([
    {
      label: 'a',
      mirrorlist: `${list.url}list`,
      auth: { username: 'bob', password_file: join(lists, 'password') },
    },
  ]);
  expect(await sync('a')).toMatchObject({ outcome: 'updated' });
  expect(asked).toBe(`Basic ${Buffer.from('bob:secret').toString('base64')}`);
  expect(seen.length).toBeGreaterThan(3);
  expect(new Set(seen)).toEqual(new Set([undefined]));
});
