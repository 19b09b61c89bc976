import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, TestUpstream } from '../support/upstream.ts';

export interface Breaking {
  /** For each path: how many bytes went out, and the Range of each request. */
  sent: Map<string, { bytes: number; ranges: (string | undefined)[]; size: number }>;
  fault: Fault;
}

export interface BreakingOptions {
  /** How often each file is broken off; three times unless said otherwise. */
  times?: number;
  /** What is said of the file besides its length. */
  validators?: (path: string, request: number) => Record<string, string>;
  /** Whether it gives parts. */
  parts?: boolean;
}

/**
 * An upstream that breaks each of the first transfers of every file off, a quarter of it further each time, once what
 * it sent has arrived. Knows Range and If-Range as RFC 9110 has them.
 */
export function breaking(
  upstream: TestUpstream,
  { times = 3, validators = tagged, parts = true }: BreakingOptions = {},
): Breaking {
  const sent: Breaking['sent'] = new Map();
  const fault: Fault = async (request, response) => {
    const path = request.url!;
    const bytes = await readFile(join(upstream.folder, decodeURIComponent(path))).catch(
      () => undefined,
    );
    if (!bytes) return false;
    const record = sent.get(path) ?? { bytes: 0, ranges: [], size: bytes.length };
    sent.set(path, record);
    const said = validators(path, record.ranges.length);
    const { range, 'if-range': condition } = request.headers;
    record.ranges.push(range);
    const known = condition === said.etag || condition === said['last-modified'];
    const start = parts && range && known ? Number(/^bytes=(\d+)-$/.exec(range)![1]) : 0;
    const end =
      record.ranges.length <= times
        ? Math.max(start, Math.ceil((bytes.length * record.ranges.length) / (times + 1)))
        : bytes.length;
    response.writeHead(start > 0 ? 206 : 200, {
      ...said,
      'content-length': bytes.length - start,
      ...(start > 0 && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
    });
    record.bytes += end - start;
    await send(response, bytes.subarray(start, end), end === bytes.length);
    return true;
  };
  return { sent, fault };
}

async function send(response: ServerResponse, bytes: Buffer, whole: boolean): Promise<void> {
  if (whole) response.end(bytes);
  else {
    await new Promise<void>((resolve) => response.write(bytes, () => resolve()));
    await arrival();
    response.destroy();
  }
}

/** A strong ETag for each path. */
export const tagged = (path: string) => ({ etag: `"${path.length}-${path.at(-12)}"` });

/** Until what was sent has been read: many turns of this process's loop, however long they take; the reader is in it too. */
export async function arrival(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await sleep(10);
}
