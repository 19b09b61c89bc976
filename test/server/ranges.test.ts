import { describe, expect, it } from 'vitest';
import { partOf } from '../../src/server/yum/ranges.ts';

const content = Buffer.from('0123456789abcdefghij');
const bytes = {
  size: content.length,
  async *read(start: number, end: number) {
    yield content.subarray(start, end + 1);
  },
};

async function answer(range: string | undefined, of = bytes) {
  const part = partOf(of, 'text/x', range);
  const chunks: Buffer[] = [];
  for await (const chunk of part.body()) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  expect(part.length, 'the announced length').toBe(body.length);
  return { status: part.status, range: part.headers['content-range'], body };
}

describe('A Range header', () => {
  it.each([
    ['a first and a last byte', 'bytes=2-4', 'bytes 2-4/20', '234'],
    ['one byte', 'bytes=0-0', 'bytes 0-0/20', '0'],
    ['an open end', 'bytes=17-', 'bytes 17-19/20', 'hij'],
    ['an end beyond the content', 'bytes=17-999', 'bytes 17-19/20', 'hij'],
    ['a suffix', 'bytes=-3', 'bytes 17-19/20', 'hij'],
    ['a suffix longer than the content', 'bytes=-999', 'bytes 0-19/20', content.toString()],
    ['ranges that touch', 'bytes=0-1,2-3', 'bytes 0-3/20', '0123'],
    ['one range that fits among some that do not', 'bytes=50-60,4-5', 'bytes 4-5/20', '45'],
  ])('with %s gives that part', async (_, range, contentRange, body) => {
    expect(await answer(range)).toEqual({ status: 206, range: contentRange, body });
  });

  it.each([
    ['starts at the end', 'bytes=20-'],
    ['starts beyond the end', 'bytes=500-600'],
    ['wants no bytes', 'bytes=-0'],
  ])('that %s cannot be satisfied', async (_, range) => {
    expect(await answer(range)).toEqual({ status: 416, range: 'bytes */20', body: '' });
  });

  it.each([
    ['another unit', 'lines=1-2'],
    ['no numbers', 'bytes=a-b'],
    ['no dash', 'bytes=5'],
    ['nothing', 'bytes='],
    ['a last byte before the first', 'bytes=5-2'],
    ['a negative number', 'bytes=--5'],
    ['a good range beside a broken one', 'bytes=0-1,x-y'],
    ['a good range beside a reversed one', 'bytes=0-1,9-3'],
    ['too many ranges', `bytes=${Array.from({ length: 257 }, () => '0-0').join()}`],
  ])('with %s is ignored', async (_, range) => {
    expect(await answer(range)).toEqual({
      status: 200,
      range: undefined,
      body: content.toString(),
    });
  });

  it('cannot be satisfied where there are no bytes at all', async () => {
    const empty = { size: 0, read: bytes.read };
    expect(await answer('bytes=0-', empty)).toMatchObject({ status: 416, range: 'bytes */0' });
    expect(await answer(undefined, empty)).toMatchObject({ status: 200, body: '' });
  });
});
