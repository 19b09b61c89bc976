import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { type Bytes, partOf } from './ranges.ts';

/** What is said of the bytes besides the bytes. */
export interface Described {
  type: string;
  /** Quoted. */
  etag: string;
  lastModified?: Date;
  /** Whether the URL never means other bytes. */
  immutable: boolean;
}

/** Answers with bytes: conditional requests, HEAD, ranges and cache headers. All HTTP semantics of files are here. */
export function sendBytes(ctx: Context, bytes: Bytes, about: Described): void {
  ctx.set('ETag', about.etag);
  // These are an upstream's bytes: what a browser might run of them is nothing to do with whoever is logged in here.
  ctx.set('Content-Security-Policy', 'sandbox');
  if (about.lastModified) ctx.set('Last-Modified', about.lastModified.toUTCString());
  ctx.set('Accept-Ranges', 'bytes');
  // A year where the URL names the bytes; else caches may keep it but must ask each time.
  ctx.set('Cache-Control', about.immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  ctx.status = 200;
  if (isKnown(ctx, about)) {
    ctx.status = 304;
    return;
  }
  // A Range is defined for GET only (RFC 9110, section 14.2).
  const ranged = ctx.method === 'GET' && rangeStillMeant(ctx, about);
  const range = ranged ? ctx.get('Range') || undefined : undefined;
  const part = partOf(bytes, about.type, range);
  const body = () =>
    part.status === 200 && bytes.whole
      ? bytes.whole
      : Readable.from(exactly(part.body(), part.length), { objectMode: false });
  ctx.body = ctx.method === 'HEAD' ? null : body();
  // After the body, which sets its own.
  ctx.status = part.status;
  ctx.set(part.headers);
  ctx.length = part.length;
}

/** Whether the client says that it has these bytes: If-None-Match decides, If-Modified-Since where that is absent. */
export function isKnown(ctx: Context, about: Pick<Described, 'etag' | 'lastModified'>): boolean {
  const known = ctx.get('If-None-Match').trim();
  if (known) {
    const tags = known.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
    return known === '*' || tags.includes(about.etag);
  }
  const since = Date.parse(ctx.get('If-Modified-Since'));
  return about.lastModified !== undefined && about.lastModified.getTime() <= since;
}

/** If-Range (RFC 9110, section 13.1.5): a range is meant only for the bytes that the client knows. */
function rangeStillMeant(ctx: Context, about: Described): boolean {
  const condition = ctx.get('If-Range');
  if (!condition) return true;
  if (condition.startsWith('"') || condition.startsWith('W/')) return condition === about.etag;
  return about.lastModified?.toUTCString() === condition;
}

/** Breaks the answer off if the bytes are not as many as announced, so that the client does not take them for whole. */
async function* exactly(body: AsyncIterable<Buffer>, length: number): AsyncGenerator<Buffer> {
  let sent = 0;
  for await (const chunk of body) {
    sent += chunk.length;
    if (sent > length) break;
    yield chunk;
  }
  if (sent !== length) throw new Error(`an answer of ${length} bytes had ${sent}`);
}
