import { expect, it } from 'vitest';
import { fixtureFolder } from '../cli/folder.ts';
import { documentOf, shareMirrored } from './mirrored.ts';

const shared = shareMirrored('ol8');

/** Headers that may differ between two answers. */
const passing = new Set(['date', 'connection', 'keep-alive']);
const lasting = (headers: Headers) =>
  Object.fromEntries([...headers].filter(([name]) => !passing.has(name)));

it('HEAD gives the headers of GET without the bytes', async () => {
  const { path } = await documentOf(fixtureFolder('ol8'), 'primary');
  const rpm = 'getPackage/weir-1.8.1-2.el8.x86_64.rpm';
  const targets = ['repodata/repomd.xml', path, rpm, '../ol8.repo', '../../'];
  for (const target of targets.map((t) => shared().channel('ol8') + t)) {
    const head = await fetch(target, { method: 'HEAD' });
    expect((await head.bytes()).length).toBe(0);
    const get = await fetch(target);
    const size = (await get.bytes()).length;
    expect(head.status, target).toBe(200);
    expect(head.headers.get('content-length'), target).toBe(String(size));
    expect(lasting(head.headers), target).toEqual(lasting(get.headers));
  }
});

it('HEAD ignores a Range, which is defined for GET only', async () => {
  const url = `${shared().channel('ol8')}repodata/repomd.xml`;
  const size = (await (await fetch(url)).bytes()).length;
  for (const range of ['bytes=0-9', 'bytes=999999-']) {
    const head = await fetch(url, { method: 'HEAD', headers: { range } });
    expect(head.status, range).toBe(200);
    expect(head.headers.get('content-length')).toBe(String(size));
  }
});

it('HEAD does not fetch a package that is not held', async () => {
  const { channel, holds } = shared();
  const url = `${channel('ol8')}getPackage/libbrook-1.2.0-3.el8.x86_64.rpm`;
  const head = await fetch(url, { method: 'HEAD' });
  const digest = head.headers.get('etag')!.replaceAll('"', '');
  expect(Number(head.headers.get('content-length'))).toBeGreaterThan(1000);
  expect(holds(digest)).toBe(false);
  await (await fetch(url)).bytes();
  expect(holds(digest)).toBe(true);
});

it('HEAD of what does not exist is 404', async () => {
  for (const path of ['repodata/none.xml', 'none.rpm']) {
    const { status } = await fetch(shared().channel('ol8') + path, { method: 'HEAD' });
    expect(status).toBe(404);
  }
});
