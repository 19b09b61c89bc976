import { once } from 'node:events';
import { STATUS_CODES } from 'node:http';
import type { Request } from 'got';
import { AppError, errorCode } from '../base/errors.ts';

export interface Message {
  url: string;
  headers: Record<string, string>;
  /** JSON. */
  body: string;
  signal?: AbortSignal | undefined;
}

export type Send = (message: Message) => Promise<void>;

const longestAnswer = 16 * 1024;
/** Milliseconds until a connection stands, and until an answer has begun. */
const patience = 10_000;

/**
 * Posts a message, once. Redirects are not followed, and what the answer says does not matter. Throws AppErrors, which hold nothing
 * of the address: 'refused' where the answer is no success, 'unreachable' where there is none.
 */
export async function send({ url, headers, body, signal }: Message): Promise<void> {
  // What tells nobody anything need not wait until these are loaded.
  const [{ default: got }, { proxyAgents }] = await Promise.all([
    import('got'),
    import('../base/proxy-agents.ts'),
  ]);
  const agent = proxyAgents(new URL(url));
  const stream = got.stream.post(url, {
    headers: {
      'user-agent': 'headwater (notifications)',
      'content-type': 'application/json',
      ...headers,
    },
    body,
    throwHttpErrors: false,
    followRedirect: false,
    decompress: false,
    retry: { limit: 0 },
    timeout: { lookup: patience, connect: patience, secureConnect: patience, response: patience },
    ...(agent && { agent }),
    ...(signal && { signal }),
  });
  // A failure after the answer has begun is nobody's news.
  stream.on('error', () => {});
  // Where a proxy holds the connection back, or the receiver does not read, none of the other times runs.
  const late = setTimeout(
    () => stream.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
    2 * patience,
  );
  try {
    await once(stream, 'response');
    const { statusCode } = stream.response!;
    if (statusCode < 200 || statusCode > 299) throw refused(statusCode);
    await pass(stream);
  } catch (error) {
    throw error instanceof AppError ? error : unreachable(error);
  } finally {
    clearTimeout(late);
    stream.destroy();
  }
}

/** Reads what little is said, so that the connection ends in order; gives a longer answer, and a broken one, up. */
async function pass(stream: Request): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      bytes += (chunk as Buffer).length;
      if (bytes > longestAnswer) return;
    }
  } catch {
    // It was taken all the same.
  }
}

function refused(status: number): AppError {
  const said = `${status} ${STATUS_CODES[status] ?? ''}`.trim();
  return new AppError('refused', `it answered ${said}`, {
    hint:
      status >= 300 && status < 400
        ? 'redirects are not followed: name the address where it leads'
        : 'look at what the receiver says of it',
    detail: { status },
  });
}

function unreachable(error: unknown): AppError {
  const code = errorCode(error);
  if (code === 'ERR_ABORTED' || (error instanceof Error && error.name === 'AbortError')) {
    return new AppError('cancelled', 'the server was stopped meanwhile');
  }
  return new AppError('unreachable', `it did not answer (${code ?? 'connection failed'})`, {
    hint: reasons[code ?? ''] ?? 'check the address, and whether the receiver runs',
  });
}

const reasons: Record<string, string> = {
  ENOTFOUND: 'the host name is not known: check the address and DNS',
  EAI_AGAIN: 'the host name cannot be looked up now: check DNS',
  ETIMEDOUT: 'no answer in time: receivers are to answer first, and work afterwards',
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority(),
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority(),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority(),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority(),
  CERT_HAS_EXPIRED: 'its certificate has expired',
};

function unknownAuthority(): string {
  return 'its certificate authority is not known here: name its file in NODE_EXTRA_CA_CERTS';
}
