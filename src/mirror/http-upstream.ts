import { AppError } from '../base/errors.ts';
import { shownUrl } from '../base/redact.ts';
import type { MirroredSource } from '../base/source.ts';
import { type Connector, connector } from './connection.ts';
import { request } from './http-request.ts';
import { addressOf, bareAddress } from './package-address.ts';
import { resumed } from './resume.ts';
import { type Answer, encodePath, type GetOptions, type Upstream } from './upstream.ts';

/**
 * A repository behind HTTP or HTTPS. `inside` says of a base that a list names whether it may be at a private address;
 * one that the source names itself may be anywhere.
 */
export function createHttpUpstream(
  base: string,
  source: MirroredSource,
  inside?: boolean,
): Upstream {
  const root = new URL(base.endsWith('/') ? base : `${base}/`);
  const bare = shownUrl(root);
  const connections = connector(source);
  let known: { inside: boolean } | undefined;
  return {
    // A list may have written into it what it was sent.
    shown: inside === undefined ? bare : connections.redaction().text(bare),
    publicUrl: (path) => bare + encodePath(path),
    get: (path, get) => {
      const url = new URL(encodePath(path), root);
      return discreet(connections, { ...get, url, inside });
    },
    publicUrlAt: (place) => bareAddress(place, root),
    async getAt(place, get) {
      const url = addressOf(place, root);
      if (url.origin === root.origin) {
        url.username ||= root.username;
        url.password ||= root.password;
        return discreet(connections, { ...get, url, inside });
      }
      const mayLead = inside !== false && (await isInside(get));
      return discreet(connections, { ...get, url, inside: mayLead ? undefined : false });
    },
  };

  /** Whether this server is at a private address: it is asked for what it has for sure. */
  async function isInside({ signal, urgent }: GetOptions): Promise<boolean> {
    known ??= { inside: await ownAnswer({ signal, urgent }) };
    return known.inside;
  }

  async function ownAnswer(get: GetOptions): Promise<boolean> {
    const url = new URL('repodata/repomd.xml', root);
    const answer = await discreet(connections, { ...get, url, inside }).catch((error) => {
      if (error instanceof AppError && error.kind === 'refused') return undefined;
      throw error;
    });
    if (answer?.status !== 'ok') return false;
    answer.discard();
    return answer.inside;
  }
}

/** Fetches one address for a source: a mirrorlist, a metalink, a key. */
export function httpGet(url: string, source: MirroredSource, get: GetOptions): Promise<Answer> {
  return discreet(connector(source), { ...get, url: new URL(url) });
}

/** An answer, or an AppError, that repeats none of the source's secrets. Its body is what it is. */
async function discreet(
  { connect, redaction }: Connector,
  { url, inside, ...get }: GetOptions & { url: URL; inside?: boolean | undefined },
): Promise<Answer> {
  try {
    const answer = await resumed((options) => request(url, { ...options, connect, inside }), get);
    if (answer.status !== 'ok') return answer;
    const { text } = redaction();
    const kept = (validator: string | undefined) =>
      validator !== undefined && text(validator) === validator ? validator : undefined;
    return {
      ...answer,
      url: text(answer.url),
      etag: kept(answer.etag),
      lastModified: kept(answer.lastModified),
      body: discreetBody(answer.body, redaction),
    };
  } catch (error) {
    throw redaction().error(error);
  }
}

async function* discreetBody(body: AsyncIterable<Buffer>, redaction: Connector['redaction']) {
  try {
    yield* body;
  } catch (error) {
    throw redaction().error(error);
  }
}
