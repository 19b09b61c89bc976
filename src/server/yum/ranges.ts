import { randomUUID } from 'node:crypto';
import parseRange from 'range-parser';

/** Bytes that can be read in any part: `start` to `end`, inclusive. */
export interface Bytes {
  size: number;
  read(start: number, end: number): AsyncIterable<Buffer>;
  /** All of them, where they are in memory. */
  whole?: Buffer;
}

/** The body of an answer: how it is announced, and its bytes. */
export interface Part {
  status: 200 | 206 | 416;
  headers: Record<string, string>;
  length: number;
  body: () => AsyncIterable<Buffer>;
}

/** Most ranges that one request may have: zchunk clients ask for many, attackers for more. */
const mostRanges = 256;

/**
 * Answers a Range header (RFC 9110, section 14): one range as 206, several as multipart/byteranges, none that fits as
 * 416. A header that is malformed, or asks for more than `mostRanges`, is ignored, as the RFC allows.
 */
export function partOf(bytes: Bytes, type: string, range: string | undefined): Part {
  const whole: Part = {
    status: 200,
    headers: { 'content-type': type },
    length: bytes.size,
    body: () => (bytes.size > 0 ? bytes.read(0, bytes.size - 1) : nothing()),
  };
  if (!range?.startsWith('bytes=') || range.split(',').length > mostRanges) return whole;
  const ranges = isReversed(range)
    ? -2
    : parseRange(bytes.size, shortenSuffixes(range, bytes.size), { combine: true });
  if (ranges === -2) return whole;
  if (ranges === -1) {
    return {
      status: 416,
      headers: { 'content-range': `bytes */${bytes.size}`, 'content-type': 'text/plain' },
      length: 0,
      body: nothing,
    };
  }
  if (ranges.length === 1) {
    const { start, end } = ranges[0]!;
    return {
      status: 206,
      headers: { 'content-type': type, 'content-range': `bytes ${start}-${end}/${bytes.size}` },
      length: end - start + 1,
      body: () => bytes.read(start, end),
    };
  }
  return multipart(bytes, type, ranges);
}

/** Whether a range ends before it starts, which makes the whole header malformed (section 14.1.1). */
function isReversed(range: string): boolean {
  return [...range.matchAll(/(\d+)\s*-\s*(\d+)/g)].some(
    ([, start, end]) => Number(start) > Number(end),
  );
}

/** A suffix longer than the content means all of it (section 14.1.2). */
function shortenSuffixes(range: string, size: number): string {
  return range.replace(
    /([=,]\s*-)(\d+)/g,
    (_, dash, count) => dash + Math.min(Number(count), size),
  );
}

function multipart(bytes: Bytes, type: string, ranges: { start: number; end: number }[]): Part {
  const boundary = randomUUID();
  const head = ({ start, end }: { start: number; end: number }) =>
    Buffer.from(
      `\r\n--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: bytes ${start}-${end}/${bytes.size}\r\n\r\n`,
    );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    status: 206,
    headers: { 'content-type': `multipart/byteranges; boundary=${boundary}` },
    length: ranges.reduce((sum, r) => sum + head(r).length + r.end - r.start + 1, tail.length),
    async *body() {
      for (const range of ranges) {
        yield head(range);
        yield* bytes.read(range.start, range.end);
      }
      yield tail;
    },
  };
}

async function* nothing(): AsyncGenerator<Buffer> {}
