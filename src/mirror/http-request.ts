import { once } from 'node:events';
import type { Request } from 'got';
import { AppError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { shownUrl } from '../base/redact.ts';
import { insideError, isPrivateAddress, namesPrivate } from './addresses.ts';
import { bodyOf } from './body.ts';
import type { Connect, Connection } from './connection.ts';
import { isRemainder, partOf } from './part.ts';
import { leadsInside, redirecting, target, tooManyRedirects } from './redirect.ts';
import { createSlots } from './slots.ts';
import { refusal, unreachable } from './unreachable.ts';
import type { Answer, GetOptions } from './upstream.ts';

/** Shared by all sources: what this process asks for at a time. */
const slots = createSlots();

export interface RequestOptions extends GetOptions {
  connect: Connect;
  /**
   * Whether a private address may be asked; false for what a public server named. Where redirects lead depends on where
   * the servers are that gave them.
   */
  inside?: boolean | undefined;
}

/** Asks for an address over HTTP and follows redirects, each of which must be allowed. Throws AppErrors. */
export async function request(first: URL, options: RequestOptions): Promise<Answer> {
  // Once outside, nothing leads inside again.
  let guarded = options.inside === false;
  let trusted = true;
  for (let url = first, redirects = 0; ; redirects++) {
    if (guarded && namesPrivate(url)) throw leadsInside(first, insideError(url.hostname));
    const connection = options.connect(url, { trusted, guarded });
    const hop = await ask(url, connection, options).catch((error) => {
      throw guarded && error instanceof AppError && error.kind === 'refused'
        ? leadsInside(first, error)
        : error;
    });
    guarded ||= !(connection.proxied ? namesPrivate(url) : isPrivateAddress(hop.address));
    const { headers, statusCode } = hop.response;
    if (!redirecting.has(statusCode) || headers.location === undefined) {
      const answer = read(url, hop, options);
      if (answer) return { ...answer, ...(answer.status === 'ok' && { inside: !guarded }) };
      // Not the rest that was asked for: the whole, then.
      return request(first, { ...options, remainder: undefined });
    }
    await pass(hop, shownUrl(url));
    if (redirects >= limits.redirects) throw tooManyRedirects(first);
    const next = target(url, headers.location);
    // Once credentials stay behind they do not come back, and they do not go from HTTPS to HTTP.
    trusted = connection.trusted && !(url.protocol === 'https:' && next.protocol === 'http:');
    url = next;
  }
}

const shortBody = 16 * 1024;

/** Reads what little a redirect says, so that its connection can be used again; gives a longer one up. */
async function pass({ stream, response, finish }: Hop, shown: string): Promise<void> {
  if (!(Number(response.headers['content-length']) <= shortBody)) return finish();
  for await (const _ of bodyOf(stream, shown, finish));
}

interface Hop {
  stream: Request;
  response: NonNullable<Request['response']>;
  /** Of the peer: the server, or the proxy; a public one where it is not known. */
  address: string;
  finish(): void;
}

/** One request and the head of its answer. Throws AppErrors. */
async function ask(url: URL, { options }: Connection, get: RequestOptions): Promise<Hop> {
  // What asks nobody, such as most commands, need not wait until it is loaded.
  const { default: got } = await import('got');
  const leave = await slots.take(url.host, get);
  const stream = got.stream(url, {
    ...options,
    headers: { ...options.headers, ...headersOf(get) },
    decompress: false,
    throwHttpErrors: false,
    followRedirect: false,
    retry: { limit: 0 },
    timeout: {
      lookup: limits.connectTime,
      connect: limits.connectTime,
      secureConnect: limits.connectTime,
      response: limits.responseTime,
      request: get.time ?? limits.totalTime,
    },
    ...(get.signal && { signal: get.signal }),
  });
  // A failure after the last read is nobody's news.
  stream.on('error', () => {});
  const finish = () => {
    stream.destroy();
    leave();
  };
  // Where a proxy holds the connection back, none of the other times runs.
  const late = setTimeout(
    () => stream.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
    2 * limits.connectTime + limits.responseTime,
  );
  try {
    await once(stream, 'response');
    const response = stream.response!;
    return { stream, response, address: response.ip ?? '192.0.2.0', finish };
  } catch (error) {
    finish();
    throw unreachable(error, shownUrl(url));
  } finally {
    clearTimeout(late);
  }
}

function headersOf({ validators, remainder }: GetOptions): Record<string, string> {
  return {
    'user-agent': 'headwater (repository mirror)',
    // Documents are stored as they are; nothing is to be compressed once more on the way.
    'accept-encoding': 'identity',
    ...(validators?.etag && { 'if-none-match': validators.etag }),
    ...(validators?.lastModified && { 'if-modified-since': validators.lastModified }),
    ...(remainder && {
      range: `bytes=${remainder.from}-`,
      'if-range': remainder.validator,
    }),
  };
}

/** The answer that is no redirect; undefined where it is a part that was not asked for. Throws AppError 'refused'. */
function read(url: URL, { stream, response, finish }: Hop, get: GetOptions): Answer | undefined {
  const { statusCode, headers } = response;
  const shown = shownUrl(url);
  if (statusCode === 304 && (get.validators?.etag || get.validators?.lastModified)) {
    finish();
    return { status: 'not_modified' };
  }
  const part = get.remainder && statusCode === 206;
  if (get.remainder && (statusCode === 416 || (part && !isRemainder(headers, get.remainder)))) {
    finish();
    return undefined;
  }
  if (statusCode !== 200 && !part) {
    finish();
    throw refusal(shown, statusCode);
  }
  const start = part ? get.remainder!.from : 0;
  const length = headers['content-length'];
  return {
    status: 'ok',
    url: shown,
    size: part ? partOf(headers)!.total : length === undefined ? undefined : Number(length),
    start,
    inside: false,
    etag: headers.etag,
    lastModified: headers['last-modified'],
    body: bodyOf(stream, shown, finish),
    discard: finish,
  };
}
