import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { getCACertificates } from 'node:tls';
import got, { type OptionsInit, type Request } from 'got';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';
import { AppError, errorCode } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { shownText, shownUrl } from '../base/redact.ts';
import type { Source } from '../base/source.ts';
import { type Answer, encodePath, type GetOptions, type Upstream } from './upstream.ts';

/**
 * A repository behind HTTP or HTTPS. Heeds HTTP_PROXY, HTTPS_PROXY and NO_PROXY, the source's CA, client certificate
 * and credentials. Throws AppError 'config' where a file that the source names cannot be read.
 */
export function createHttpUpstream(base: string, source: Source): Upstream {
  const root = new URL(base.endsWith('/') ? base : `${base}/`);
  const bare = shownUrl(root);
  const options = connection(root, source);
  return {
    shown: bare,
    publicUrl: (path) => bare + encodePath(path),
    get: (path, get) => request(new URL(encodePath(path), root), options, get),
  };
}

/** Fetches one address for a source: a mirrorlist, a metalink, a key. */
export function httpGet(url: string, source: Source, get: GetOptions): Promise<Answer> {
  return request(new URL(url), connection(new URL(url), source), get);
}

/** Credentials and the client certificate go to the hosts that the source names itself, not to those a list names. */
function connection(url: URL, source: Source): OptionsInit {
  const own = source.upstream.urls.some((u) => URL.parse(u)?.origin === url.origin);
  const file = (path: string, what: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw new AppError('config', `source ${source.label}: cannot read ${what} ${path}`, {
        cause: error,
      });
    }
  };
  const { ca, clientCertificate, clientKey } = source.tls;
  const https: NonNullable<OptionsInit['https']> = {};
  if (ca) https.certificateAuthority = [...getCACertificates('default'), file(ca, 'tls.ca')];
  if (own && clientCertificate && clientKey) {
    https.certificate = file(clientCertificate, 'tls.client_certificate');
    https.key = file(clientKey, 'tls.client_key');
  }
  const credentials = own &&
    source.auth && {
      username: source.auth.username,
      password: file(source.auth.passwordFile, 'auth.password_file').trimEnd(),
    };
  return { agent: agents(url), https, ...(credentials || {}) };
}

const direct = {
  http: new HttpAgent({ keepAlive: true }),
  https: new HttpsAgent({ keepAlive: true }),
};
const proxied = new Map<string, { http: HttpAgent; https: HttpsAgent }>();

/** got does not look at proxy variables itself. */
function agents(url: URL) {
  const proxy = getProxyForUrl(url.href);
  if (!proxy) return direct;
  let pair = proxied.get(proxy);
  if (!pair) {
    const made = {
      http: new HttpProxyAgent(proxy, { keepAlive: true }),
      https: new HttpsProxyAgent(proxy, { keepAlive: true }),
    };
    pair = made as unknown as { http: HttpAgent; https: HttpsAgent };
    proxied.set(proxy, pair);
  }
  return pair;
}

async function request(url: URL, options: OptionsInit, get: GetOptions): Promise<Answer> {
  const shown = shownUrl(url);
  const stream = got.stream(url, {
    ...options,
    headers: {
      'user-agent': 'headwater (repository mirror)',
      // Documents are stored as they are; nothing is to be compressed once more on the way.
      'accept-encoding': 'identity',
      ...(get.validators?.etag ? { 'if-none-match': get.validators.etag } : {}),
      ...(get.validators?.lastModified ? { 'if-modified-since': get.validators.lastModified } : {}),
    },
    decompress: false,
    throwHttpErrors: false,
    retry: { limit: 0 },
    maxRedirects: limits.redirects,
    timeout: {
      connect: limits.connectTime,
      response: limits.responseTime,
      socket: limits.stallTime,
      request: limits.totalTime,
    },
    ...(get.signal && { signal: get.signal }),
  });
  // A failure after the last read is nobody's news.
  stream.on('error', () => {});
  try {
    await once(stream, 'response');
  } catch (error) {
    throw unreachable(error, shown);
  }
  const response = stream.response!;
  const { statusCode, headers } = response;
  const conditional = get.validators?.etag || get.validators?.lastModified;
  if (statusCode === 304 && conditional) {
    stream.destroy();
    return { status: 'not_modified' };
  }
  if (statusCode !== 200) {
    stream.destroy();
    throw new AppError(
      'refused',
      `${shown} answered ${statusCode} ${response.statusMessage ?? ''}`.trim(),
      {
        detail: { status: statusCode },
        hint: hints[statusCode] ?? 'check the address, or try again later',
      },
    );
  }
  const length = headers['content-length'];
  return {
    status: 'ok',
    url: shownUrl(response.url),
    size: length === undefined ? undefined : Number(length),
    etag: headers.etag,
    lastModified: headers['last-modified'],
    body: body(stream, shown),
  };
}

const hints: Record<number, string> = {
  401: 'it wants credentials: set auth, or a client certificate in tls',
  403: 'it refuses access: check credentials, or the address',
  404: 'it has no such file: check the address',
};

async function* body(stream: Request, shown: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    throw unreachable(error, shown);
  } finally {
    stream.destroy();
  }
}

function unreachable(error: unknown, shown: string): AppError {
  if (error instanceof AppError) return error;
  const code = errorCode(error) ?? '';
  if (code === 'ERR_ABORTED' || (error instanceof Error && error.name === 'AbortError')) {
    return new AppError('cancelled', `the transfer of ${shown} was cancelled`, { cause: error });
  }
  if (code === 'ERR_TOO_MANY_REDIRECTS') {
    return new AppError('refused', `${shown} redirects more than ${limits.redirects} times`, {
      cause: error,
      hint: 'check the address: it may lead in a circle',
      detail: { status: 310 },
    });
  }
  const said = shownText(error instanceof Error ? error.message : String(error))
    .replaceAll(/\s+/g, ' ')
    .trim();
  return new AppError('unreachable', `${shown} cannot be reached (${code || said})`, {
    cause: error,
    hint: reasons[code] ?? said,
  });
}

const reasons: Record<string, string> = {
  ENOTFOUND: 'the host name is not known: check the address and DNS',
  EAI_AGAIN: 'the host name cannot be looked up now: check DNS',
  ECONNREFUSED: 'nothing listens there: check the address, or whether the server runs',
  ECONNRESET: 'the connection broke: try again',
  ETIMEDOUT: 'no answer in time: try again, or check firewalls and proxies',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection broke: try again',
  ERR_HTTP_CONTENT_LENGTH_MISMATCH: 'the connection broke: try again',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed: set tls.ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate authority is not known here: set tls.ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate authority is not known here: set tls.ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate authority is not known here: set tls.ca',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'it wants a client certificate: set tls.client_certificate and tls.client_key',
  CERT_HAS_EXPIRED: 'its certificate has expired',
};
