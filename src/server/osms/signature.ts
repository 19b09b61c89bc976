import { hash, type KeyObject, verify } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import httpSignature from 'http-signature';
import { unauthenticated } from './unauthenticated.ts';

export interface SignedRequest {
  method: string;
  /** As it came, with its query. */
  url: string;
  headers: IncomingHttpHeaders;
  /** As they came, name and value in turn. */
  rawHeaders: readonly string[];
  /** The host that the client asked for, also where a proxy asks for it. */
  host: string;
}

/** What a signature says, and what it covers. Nothing of it is true before `isBy` says so. */
export interface Signature {
  keyId: string;
  /** Whether the owner of a key signed what came. */
  isBy(key: KeyObject): boolean;
  /** Whether a body must be the one that was signed. */
  coversBody: boolean;
  /** Whether this is that body. */
  isOf(body: Buffer): boolean;
}

/** How wrong clocks may be: so old may a request be, in seconds. */
const clockSkew = 300;
const ofAll = ['(request-target)', 'host'];
const ofBody = ['content-length', 'content-type', 'x-content-sha256'];
const withBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);
/** Dates with their zone: others mean what the server's zone makes of them. */
const zoned = /(?:\b(?:GMT|UTC)|[+-]\d\d:?\d\d|\dZ)$/;

/**
 * Reads the signature of a request (draft-cavage-http-signatures, as OCI's SDKs write it). Throws AppError 'unauthenticated' where
 * it covers less than it must, is of an unknown kind, or of another time.
 */
export function readSignature(request: SignedRequest): Signature {
  const { method, headers } = request;
  const coversBody =
    withBody.has(method) ||
    headers['transfer-encoding'] !== undefined ||
    (headers['content-length'] ?? '0') !== '0';
  const date = headers['x-date'] === undefined ? 'date' : 'x-date';
  const required = [date, ...ofAll, ...(coversBody ? ofBody : [])];
  requireOnce(request.rawHeaders);
  requireTime(headers[date]);
  const parsed = parse(request, required);
  const signature = Buffer.from(parsed.params.signature, 'base64');
  return {
    keyId: parsed.params.keyId,
    isBy: (key) =>
      asSigned(request).some(({ url, host }) => {
        const isAsItCame = url === request.url && host === request.host;
        const { signingString } = isAsItCame ? parsed : parse({ ...request, url, host }, required);
        return verify('sha256', Buffer.from(signingString), key, signature);
      }),
    coversBody,
    isOf: (body) =>
      Number(headers['content-length']) === body.length &&
      headers['x-content-sha256'] === hash('sha256', body, 'base64'),
  };
}

interface Parsed {
  params: { keyId: string; headers: string[]; signature: string; version?: string };
  signingString: string;
}

function parse({ method, url, headers, host }: SignedRequest, required: readonly string[]): Parsed {
  // Nothing that an object has by nature is a header.
  const own = Object.assign(Object.create(null), headers, { host, signature: undefined });
  try {
    const parsed = httpSignature.parse({ method, url, headers: own } as never, {
      ...{ clockSkew, headers: required, algorithms: ['rsa-sha256'], strict: true },
      ...{ authorizationHeaderName: 'authorization' },
    }) as unknown as Parsed;
    const { version, headers: covered } = parsed.params;
    if (version !== undefined && String(version) !== '1') throw new Error('the version is not 1');
    // Those about the signature itself say nothing of the request.
    const odd = covered.find((name) => name.startsWith('(') && name !== '(request-target)');
    if (odd !== undefined) throw new Error(`${odd} is not among what can be signed here`);
    return parsed;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw unauthenticated('coverage', `the signature is not accepted: ${said.slice(0, 200)}`);
  }
}

function requireTime(date: string | string[] | undefined): void {
  if (date === undefined) throw unauthenticated('clock', 'neither date nor x-date is there');
  const at = typeof date === 'string' && zoned.test(date) ? Date.parse(date) : Number.NaN;
  if (Math.abs(Date.now() - at) <= clockSkew * 1000) return;
  const said = Number.isNaN(at)
    ? 'the date cannot be read'
    : `the date is more than ${clockSkew / 60} minutes from ${new Date().toUTCString()}`;
  throw unauthenticated('clock', said);
}

/** Of headers that came twice, Node keeps one, or joins them: neither is what somebody signed. */
function requireOnce(rawHeaders: readonly string[]): void {
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (!once.has(name)) continue;
    if (seen.has(name)) throw unauthenticated('coverage', `the header ${name} came twice`);
    seen.add(name);
  }
}

const once: ReadonlySet<string> = new Set(['authorization', 'date', 'x-date', 'host', ...ofBody]);

/**
 * What may have been signed of a request, first as it came, then as OCI's SDK for TypeScript signs it. That takes the
 * address as Node's old `url.parse` gives it, and sends what `fetch` makes of it, which leaves the usual port out. All mean the same.
 */
function asSigned({ url, host }: SignedRequest): { url: string; host: string }[] {
  const hosts = /:\d+$/.test(host) ? [host] : [host, `${host}:80`, `${host}:443`];
  return hosts.flatMap((named) => targetsOf(url).map((target) => ({ url: target, host: named })));
}

/** Text in the query that is not ASCII is signed as it is and sent escaped, and a few signs the other way round. */
function targetsOf(url: string): string[] {
  const start = url.indexOf('?');
  const query = start < 0 ? url.length : start;
  const text = url.slice(query).replaceAll(notAscii, unescaped);
  const other = (url.slice(0, query) + text).replaceAll(/[\\^`{|}']/g, escaped);
  return other === url ? [url] : [url, other];
}

/** One character in UTF-8 beyond the printable ones of ASCII, escaped. */
const notAscii =
  /%[CD][\dA-F]%[89AB][\dA-F]|%E[\dA-F](?:%[89AB][\dA-F]){2}|%F[0-7](?:%[89AB][\dA-F]){3}|%7F/gi;

function unescaped(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return run;
  }
}

const escaped = (sign: string) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
