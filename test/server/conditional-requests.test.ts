import { expect, it } from 'vitest';
import { fixtureFolder } from '../cli/folder.ts';
import { documentOf, sha256, shareMirrored } from './mirrored.ts';

const shared = shareMirrored('ol8');

it('A document has the quoted digest of its bytes as ETag', async () => {
  for (const part of ['repomd.xml', 'primary', 'comps.xml.gz']) {
    const { path, bytes } = await documentOf(fixtureFolder('ol8'), part);
    const { headers } = await fetch(shared().channel('ol8') + path);
    expect(headers.get('etag'), path).toBe(`"${sha256(bytes)}"`);
  }
});

it('A client that has the bytes already is told so', async () => {
  const url = `${shared().channel('ol8')}repodata/repomd.xml`;
  const first = await fetch(url);
  const etag = first.headers.get('etag')!;
  const date = first.headers.get('last-modified')!;
  const at = (offset: number) => new Date(Date.parse(date) + offset).toUTCString();
  const cases: [number, Record<string, string>][] = [
    [304, { 'if-none-match': etag }],
    [304, { 'if-none-match': `"other", ${etag}` }],
    [304, { 'if-none-match': `W/${etag}` }],
    [304, { 'if-none-match': '*' }],
    [304, { 'if-modified-since': date }],
    [304, { 'if-modified-since': at(60_000) }],
    [304, { 'if-none-match': etag, range: 'bytes=0-9' }],
    [200, { 'if-none-match': '"other"' }],
    [200, { 'if-modified-since': at(-1000) }],
    // If-None-Match decides alone where both are sent (RFC 9110, section 13.1.3).
    [200, { 'if-none-match': '"other"', 'if-modified-since': date }],
    [304, { 'if-none-match': etag, 'if-modified-since': at(-1000) }],
    [200, { 'if-modified-since': 'nonsense' }],
  ];
  for (const [status, headers] of cases) {
    const response = await fetch(url, { headers: { ...headers, 'cache-control': '' } });
    expect(response.status, JSON.stringify(headers)).toBe(status);
    const body = await response.bytes();
    if (status === 304) {
      expect(body.length).toBe(0);
      expect(response.headers.get('etag')).toBe(etag);
      expect(response.headers.get('cache-control')).toBe('no-cache');
    } else expect(body.length).toBeGreaterThan(0);
  }
});

it('A client that names the digest of a package which is not held causes no fetch', async () => {
  const url = `${shared().channel('ol8')}getPackage/weir-1.8.1-2.el8.x86_64.rpm`;
  const known = await fetch(url, { method: 'HEAD' });
  const etag = known.headers.get('etag')!;
  expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
  expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
  expect(shared().holds(etag.replaceAll('"', ''))).toBe(false);

  const response = await fetch(url);
  expect(`"${sha256(await response.bytes())}"`).toBe(etag);
  expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
});
