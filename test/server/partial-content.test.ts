import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { fixtureFolder } from '../cli/folder.ts';
import { documentOf, sha256, shareMirrored } from './mirrored.ts';

const shared = shareMirrored('ol8');
const folder = fixtureFolder('ol8');
const get = (path: string, headers: Record<string, string>) =>
  fetch(shared().channel('ol8') + path, { headers });

it('A download that broke off is resumed with an open range', async () => {
  const { path, bytes } = await documentOf(folder, 'filelists');
  const size = bytes.length;
  const response = await get(path, { range: 'bytes=100-' });
  expect(response.status).toBe(206);
  expect(response.headers.get('accept-ranges')).toBe('bytes');
  expect(response.headers.get('content-range')).toBe(`bytes 100-${size - 1}/${size}`);
  expect(response.headers.get('content-length')).toBe(String(size - 100));
  expect(response.headers.get('content-type')).toBe('application/gzip');
  expect(Buffer.from(await response.bytes()).equals(bytes.subarray(100))).toBe(true);
});

it('A header range of a package that is not held gives that part, and the package is kept whole', async () => {
  const path = 'getPackage/weir-1.8.1-2.el8.x86_64.rpm';
  const whole = await readFile(join(folder, path));
  const part = async () => {
    const response = await get(path, { range: 'bytes=96-295' });
    expect(response.status).toBe(206);
    expect(Buffer.from(await response.bytes()).equals(whole.subarray(96, 296))).toBe(true);
  };
  expect(shared().holds(sha256(whole))).toBe(false);
  await part();
  await vi.waitFor(() => expect(shared().holds(sha256(whole))).toBe(true));
  await vi.waitFor(part);
});

it('A range that no byte fits is refused with the size', async () => {
  const { path, bytes } = await documentOf(folder, 'primary');
  const response = await get(path, { range: `bytes=${bytes.length}-` });
  expect(response.status).toBe(416);
  expect(response.headers.get('content-range')).toBe(`bytes */${bytes.length}`);
  expect(await response.text()).toBe('');
});

it('A range is meant only for the bytes that If-Range names', async () => {
  const path = 'repodata/repomd.xml';
  const first = await get(path, {});
  const size = (await first.bytes()).length;
  const etag = first.headers.get('etag')!;
  const date = first.headers.get('last-modified')!;
  const at = (offset: number) => new Date(Date.parse(date) + offset).toUTCString();
  const statusFor = async (condition: string) => {
    const response = await get(path, { range: 'bytes=0-9', 'if-range': condition });
    expect((await response.bytes()).length, condition).toBe(response.status === 206 ? 10 : size);
    return response.status;
  };
  expect(await statusFor(etag)).toBe(206);
  expect(await statusFor(date)).toBe(206);
  expect(await statusFor('"another"')).toBe(200);
  expect(await statusFor(`W/${etag}`)).toBe(200);
  expect(await statusFor(at(-1000))).toBe(200);
  expect(await statusFor(at(1000))).toBe(200);
  expect(await statusFor('nonsense')).toBe(200);
});

it('Several ranges come as multipart/byteranges that a zchunk client can take apart', async () => {
  const { path, bytes } = await documentOf(folder, 'primary');
  const response = await get(path, { range: 'bytes=0-9, 100-149, -20' });
  const body = Buffer.from(await response.bytes());
  expect(response.status).toBe(206);
  expect(Number(response.headers.get('content-length'))).toBe(body.length);
  const total = bytes.length;
  expect(readParts(body, response.headers.get('content-type')!)).toEqual([
    { start: 0, end: 9, total, bytes: bytes.subarray(0, 10) },
    { start: 100, end: 149, total, bytes: bytes.subarray(100, 150) },
    { start: total - 20, end: total - 1, total, bytes: bytes.subarray(total - 20) },
  ]);
});

/** Reads multipart/byteranges as zchunk clients do: by the boundary, the Content-Range of each part, and nothing else. */
function readParts(body: Buffer, contentType: string) {
  const type = /^multipart\/byteranges; *boundary=([0-9A-Za-z'()+_,./:=?-]+)$/.exec(contentType);
  const delimiter = `\r\n--${type![1]}`;
  const text = body.toString('latin1');
  const parts: { start: number; end: number; total: number; bytes: Buffer }[] = [];
  for (let at = 0; ; ) {
    expect(text.slice(at, at + delimiter.length), 'a part starts where the last ended').toBe(
      delimiter,
    );
    at += delimiter.length;
    if (text.startsWith('--\r\n', at)) {
      expect(at + 4).toBe(text.length);
      return parts;
    }
    const head = text.indexOf('\r\n\r\n', at);
    const [, start, end, total] = /content-range: bytes (\d+)-(\d+)\/(\d+)/i
      .exec(text.slice(at, head))!
      .map(Number) as [number, number, number, number];
    at = head + 4 + end - start + 1;
    parts.push({ start, end, total, bytes: body.subarray(head + 4, at) });
  }
}
