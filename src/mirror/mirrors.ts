import { setTimeout as sleep } from 'node:timers/promises';
import type { Checksum } from '../base/digest.ts';
import { AppError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { shownUrl } from '../base/redact.ts';
import type { MirroredSource } from '../base/source.ts';
import { readMetalink, readMirrorlist } from '../repodata/mirrorlist.ts';
import { throttled } from './bandwidth.ts';
import { createFileUpstream } from './file-upstream.ts';
import { createHttpUpstream, httpGet } from './http-upstream.ts';
import { located } from './located.ts';
import { endRest, isResting, letRest } from './resting.ts';
import type { Answer, GetOptions, Upstream } from './upstream.ts';

/** The upstreams of a source that hold the same repository, in the order in which they are tried. */
export interface Mirrors {
  list: Upstream[];
  /** Checksums that repomd.xml must have, from a metalink: any one of these sets. */
  repomd: Checksum[][] | undefined;
}

/**
 * Finds a source's upstreams: its base URLs, or what its mirrorlist or metalink names, which may be at a private address
 * only if the list is at one. Throws AppErrors.
 */
export async function findMirrors(source: MirroredSource, get: GetOptions): Promise<Mirrors> {
  const { kind, urls } = source.upstream;
  if (kind === 'base')
    return { list: urls.map((url) => createUpstream(url, source)), repomd: undefined };
  const shown = shownUrl(urls[0]!);
  const answer = await listAnswer(urls[0]!, source, get);
  const content = (await readSmall(answer, shown)).toString('utf8');
  const found = readList(kind, content, shown);
  const inside = answer.status === 'ok' && answer.inside;
  const bases = [...new Set(found.urls)].slice(0, limits.mirrors);
  return {
    list: bases.map((url) => createUpstream(url, source, inside)),
    repomd: found.versions,
  };
}

/** Throws AppError 'invalid' that names the list's address. */
function readList(kind: 'mirrorlist' | 'metalink', content: string, shown: string) {
  try {
    return kind === 'metalink'
      ? readMetalink(content)
      : { urls: readMirrorlist(content), versions: undefined };
  } catch (error) {
    throw located(error, shown);
  }
}

function createUpstream(url: string, source: MirroredSource, inside?: boolean): Upstream {
  const base = url.endsWith('/') ? url : `${url}/`;
  const overHttp = (address: string, options: GetOptions) => httpGet(address, source, options);
  const upstream = base.startsWith('file:')
    ? createFileUpstream(base, overHttp)
    : createHttpUpstream(base, source, inside);
  const slowed = (answer: Answer, { signal }: GetOptions): Answer =>
    answer.status === 'ok' ? { ...answer, body: throttled(source, answer.body, signal) } : answer;
  return {
    ...upstream,
    name: `${source.label} ${upstream.shown}`,
    get: async (path, options) => slowed(await upstream.get(path, options), options),
    getAt: async (place, options) => slowed(await upstream.getAt(place, options), options),
  };
}

function listAnswer(url: string, source: MirroredSource, get: GetOptions): Promise<Answer> {
  if (!url.startsWith('file:')) return httpGet(url, source, get);
  const { href } = new URL('.', url);
  return createFileUpstream(href, (address, options) => httpGet(address, source, options)).get(
    decodeURIComponent(new URL(url).pathname.split('/').pop()!),
    get,
  );
}

/** The bytes of a small document. Throws AppError 'limit' if it is none. */
export async function readSmall(answer: Answer, what: string): Promise<Buffer> {
  if (answer.status !== 'ok') throw new AppError('invalid', `${what} came without content`);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.length;
    if (size > limits.smallDocument) {
      throw new AppError('limit', `${answer.url} is larger than ${limits.smallDocument} bytes`, {
        hint: 'check the address; limits in the configuration may allow more',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/**
 * Tries something with one mirror after the other, those that rest after a failure last: a mirror that cannot be reached
 * or answers 5xx is tried again a few times with growing pauses; one that refuses, or hands out other bytes than
 * announced, gives way to the next, which is the first to be asked from then on. Throws the last mirror's error.
 */
export async function withMirrors<T>(
  mirrors: Mirrors,
  signal: AbortSignal | undefined,
  attempt: (upstream: Upstream) => Promise<T>,
): Promise<T> {
  let last: unknown;
  const cancelled = () => new AppError('cancelled', 'the sync was cancelled');
  for (const upstream of inOrder(mirrors)) {
    for (let tried = 1; tried <= limits.tries; tried++) {
      try {
        const result = await attempt(upstream);
        if (last) mirrors.list = [upstream, ...mirrors.list.filter((u) => u !== upstream)];
        if (upstream.name) endRest(upstream.name);
        return result;
      } catch (error) {
        if (signal?.aborted) throw cancelled();
        if (!(error instanceof AppError) || !movesOn.has(error.kind)) throw error;
        last = error;
        if (!mayPass(error) || tried === limits.tries) break;
      }
      await sleep(pauseMs * 2 ** (tried - 1), undefined, signal && { signal }).catch(() => {
        throw cancelled();
      });
    }
    if (upstream.name && isFault(last)) letRest(upstream.name);
  }
  throw last;
}

/** The mirrors as they are to be asked: those that rest come last. */
export function inOrder({ list }: Mirrors): Upstream[] {
  const resting = ({ name }: Upstream) => Number(name !== undefined && isResting(name));
  return list.toSorted((a, b) => resting(a) - resting(b));
}

const pauseMs = 250;
const movesOn: ReadonlySet<string> = new Set([
  'unreachable',
  'refused',
  'invalid',
  'checksum',
  'limit',
]);

/** Whether the same mirror may do better the next time. */
function mayPass(error: AppError): boolean {
  if (error.detail?.exhausted) return false;
  return error.kind === 'unreachable' || isBusy(error);
}

/** Whether it is the mirror that failed, rather than what was asked for. */
function isFault(error: unknown): boolean {
  return error instanceof AppError && (error.kind !== 'refused' || isBusy(error));
}

function isBusy({ kind, detail }: AppError): boolean {
  const status = Number(detail?.status);
  return kind === 'refused' && (status >= 500 || status === 429);
}
