import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { readRepomd } from '../../src/repodata/repomd.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { startApp } from '../support/app.ts';
import { projectRoot } from '../support/tools.ts';
import { sha256 } from './mirrored.ts';

async function start() {
  const upstream = `file:${join(projectRoot, 'fixtures/repodata/ol8')}/`;
  const filters = [{ packages: { exclude: ['weir*'] } }];
  const app = await startApp([
    { label: 'ol8', upstream },
    { label: 'view', from: ['ol8'], filters, compression: 'gzip' },
  ]);
  await app.sync('ol8');
  const channel = `${app.url}/channels/view/`;
  const listed = async () => {
    const answer = await fetch(`${channel}repodata/repomd.xml`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    return readRepomd(await answer.text()).data;
  };
  return { app, channel, listed, paths: dataPaths(app.config.data) };
}

it('What repomd.xml lists can be had, whole and in part', async () => {
  const { channel, listed } = await start();
  for (const { href, checksum, size, type } of await listed()) {
    const url = channel + href;
    const answer = await fetch(url);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(answer.status, type).toBe(200);
    expect(sha256(bytes), type).toBe(checksum!.value);
    expect(answer.headers.get('content-length')).toBe(String(size));
    const etag = `"${sha256(bytes)}"`;
    expect(answer.headers.get('etag')).toBe(etag);
    expect(answer.headers.get('cache-control')).toContain('immutable');
    expect(answer.headers.get('last-modified')).toBeTruthy();

    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(size)]);
    const known = await fetch(url, { headers: { 'if-none-match': etag } });
    expect(known.status).toBe(304);
    for (const [start, end] of [
      [0, 0],
      [5, 40],
      [bytes.length >> 1, bytes.length - 1],
      [bytes.length - 1, bytes.length - 1],
    ] as const) {
      const part = await fetch(url, { headers: { range: `bytes=${start}-${end}` } });
      expect(part.status).toBe(206);
      const got = Buffer.from(await part.arrayBuffer());
      expect(got.equals(bytes.subarray(start, end + 1)), `${type} ${start}-${end}`).toBe(true);
    }
    const last = await fetch(url, { headers: { range: 'bytes=-7' } });
    expect(Buffer.from(await last.arrayBuffer()).equals(bytes.subarray(-7))).toBe(true);
    const beyond = await fetch(url, { headers: { range: `bytes=${size}-` } });
    expect(beyond.status).toBe(416);
  }
});

it('Packages are at the hrefs that primary gives', async () => {
  const { channel, listed } = await start();
  const { href } = (await listed()).find((d) => d.type === 'primary')!;
  const xml = gunzipSync(await (await fetch(channel + href)).arrayBuffer()).toString();
  expect(xml).not.toContain('<name>weir');
  const [, path, digest] = /<location href="(packages\/([0-9a-f]{64})\/libbrook-[^"]*)"/.exec(xml)!;
  const answer = await fetch(channel + path);
  expect(answer.status).toBe(200);
  expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(digest);
  expect(answer.headers.get('cache-control')).toContain('immutable');
});

it('Where the bytes that a document is made of are gone, it is made again', async () => {
  const { channel, listed, paths } = await start();
  const before = await listed();
  for (const name of await readdir(paths.pieces)) await rm(join(paths.pieces, name));
  for (const { href, checksum } of before) {
    const answer = await fetch(channel + href);
    expect(answer.status, href).toBe(200);
    expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(checksum!.value);
  }
  expect(await listed()).toEqual(before);
});
