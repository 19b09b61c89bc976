import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { openDocument } from '../../src/repodata/codec.ts';

const base64 = (text: string) => Buffer.from(text, 'base64');
const megabyte = 1 << 20;

/** Zeros, compressed: one stream of 1 MiB, for bzip2 one block of 5 MB. */
const zeros = {
  gzip: gzipSync(Buffer.alloc(megabyte)),
  bzip2: base64('QlpoMTFBWSZTWabi8/QAJkvAAsAACAAACCAAMMwFKaapEUbAoijxdyRThQkKbi8/QA=='),
  xz: base64(
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj7///ANldAABv/f//o7f/Rz5IFXI5YVG4kijmo4YH+e7kHoLTL8U6PAFLsX7JiopNL6MN2X+m44wjEVPgWRjFdYrid/i2lH8MasDedElk4ulcU7IE2PdEDKtfDW1G6eXDdoi3llestk3haR1v+0uIEGxCy4g/XACP0E6vJiiUcR89jyThcJ6nI1/sKMuF0ZWYin4qkfIndfcZwAaYTZj92K/VkA/EJVP49ZE2MQWlsO5vwXBNRwzRkRGqrWAdus6xJxhcWYbpZlJYvul2rFnk5VsFCPnH2q38+1Iq9+SVJQAAAAAAwva6PqJwa2AAAfUBgIBAAHmXf0exxGf7AgAAAAAEWVo=',
  ),
  zstd: zstdCompressSync(Buffer.alloc(megabyte)),
  plain: Buffer.alloc(megabyte),
};
const all = Object.entries(zeros);
const codecs = all.filter(([codec]) => codec !== 'plain');

/** Yields the bytes so many times, and notes how often it was asked and whether it was closed. */
function source(bytes: Buffer, times: number) {
  const seen = { asked: 0, closed: false };
  async function* chunks() {
    try {
      for (; seen.asked < times; seen.asked++) yield bytes;
    } finally {
      seen.closed = true;
    }
  }
  return { seen, chunks: chunks() };
}

describe('opening a document within bounds', () => {
  it.each(all)('stops at the bytes that are allowed: %s', async (_, bytes) => {
    const { chunks, seen } = source(bytes, 2000);
    let got = 0;
    const read = async () => {
      const bounds = { bytes: 12 * megabyte, ratio: 1_000_000 };
      for await (const c of openDocument(chunks, 'primary', bounds)) got += c.length;
    };
    await expect(read()).rejects.toMatchObject({ name: 'AppError', kind: 'limit' });
    expect(got).toBeGreaterThan(5 * megabyte);
    expect(got).toBeLessThanOrEqual(12 * megabyte);
    expect(seen.closed).toBe(true);
  });

  it.each(codecs)('stops at the ratio that is allowed: %s', async (_, bytes) => {
    const { chunks, seen } = source(bytes, 2000);
    let got = 0;
    const read = async () => {
      const bounds = { bytes: Number.POSITIVE_INFINITY, ratio: 20 };
      for await (const c of openDocument(chunks, 'primary', bounds)) got += c.length;
    };
    await expect(read()).rejects.toMatchObject({ name: 'AppError', kind: 'limit' });
    expect(got).toBeLessThanOrEqual(megabyte + 20 * seen.asked * bytes.length);
  });

  it.each(codecs)('does not open ahead what one chunk holds: %s', async (_, bytes) => {
    const bomb = Buffer.concat(Array(3000).fill(bytes));
    const { chunks } = source(bomb, 1);
    const before = process.memoryUsage().rss;
    const read = async () => {
      const bounds = { bytes: 2 * megabyte, ratio: 1_000_000 };
      for await (const _ of openDocument(chunks, 'primary', bounds));
    };
    await expect(read()).rejects.toMatchObject({ name: 'AppError', kind: 'limit' });
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * megabyte);
  });

  it.each(all)('allows what is exactly as large: %s', async (codec, bytes) => {
    const size = codec === 'bzip2' ? 5_000_000 : megabyte;
    for (const [bounds, kind] of [
      [{ bytes: size, ratio: 1_000_000 }, undefined],
      [{ bytes: size - 1, ratio: 1_000_000 }, 'limit'],
    ] as const) {
      let got = 0;
      const read = async () => {
        for await (const c of openDocument(source(bytes, 1).chunks, 'x', bounds)) got += c.length;
        return undefined;
      };
      expect(await read().catch((error: AppError) => error.kind)).toBe(kind);
      if (!kind) expect(got).toBe(size);
    }
  });

  it.each(all)('closes its source when the reader stops: %s', async (_, bytes) => {
    const { chunks, seen } = source(bytes, 1_000_000);
    const bounds = { bytes: Number.POSITIVE_INFINITY, ratio: 1_000_000 };
    for await (const _ of openDocument(chunks, 'primary', bounds)) break;
    expect(seen.closed).toBe(true);
    expect(seen.asked * bytes.length).toBeLessThan(4 * megabyte);
  });

  it('closes its source when it cannot read the codec', async () => {
    const { chunks, seen } = source(Buffer.from('\0ZCK1\0'), 2);
    const opened = openDocument(chunks, 'primary', { bytes: 10, ratio: 1 });
    await expect(opened.next()).rejects.toMatchObject({ kind: 'invalid' });
    expect(seen.closed).toBe(true);
  });

  it.each(all)('passes on an error of its source: %s', async (_, bytes) => {
    const problem = new AppError('unreachable', 'the upstream went away');
    async function* failing() {
      yield bytes.subarray(0, bytes.length / 2);
      throw problem;
    }
    const read = async () => {
      const bounds = { bytes: Number.POSITIVE_INFINITY, ratio: 1_000_000 };
      for await (const _ of openDocument(failing(), 'primary', bounds));
    };
    await expect(read()).rejects.toBe(problem);
  });
});
