import { type Checksum, type ChecksumType, sameChecksum } from '../base/digest.ts';
import { AppError, diskError } from '../base/errors.ts';
import { shownBytes } from '../base/units.ts';
import type { CommitOptions, Incoming } from '../store/objects/incoming.ts';
import type { Objects, StoredObject } from '../store/objects/objects.ts';
import { type Mirrors, withMirrors } from './mirrors.ts';
import type { PackageGate } from './trust/package-trust.ts';

/** A file below a source's base URLs. */
export interface Wanted {
  path: string;
  checksum: Checksum | undefined;
  /** Most bytes it may have. */
  limit: number;
  /** Announced size, where it is to be known before the answer comes. */
  size?: number | undefined;
  /** What its bytes must get past besides; asked for anew for each start from the first byte. */
  gate?: (() => Promise<PackageGate | undefined>) | undefined;
}

/** Most bytes a file may have: what is announced may be wrong, but not by any amount. */
export function bound(limit: number, announced: number | undefined): number {
  return announced ? Math.min(limit, announced * 4 + 16 * 1024 * 1024) : limit;
}

export interface FetchDeps {
  objects: Objects;
  /** Free bytes that stay untouched; the configuration may change it. */
  minFree: () => number;
}

export interface FetchOptions {
  signal?: AbortSignal | undefined;
  onBytes?: ((count: number) => void) | undefined;
  /** Hears of the first bytes, of the whole checked file, and that it is stored. */
  onStep?: ((step: 'started' | 'fetched' | 'committed') => void) | undefined;
  /** Runs what needs the upstream, when it may; the commit comes after it. */
  slot?: ((transfer: () => Promise<void>) => Promise<void>) | undefined;
  commit?: CommitOptions | undefined;
}

/**
 * Fetches a file into the object store, from the first mirror that gives what was announced. Throws AppErrors:
 * 'checksum', 'limit', 'no_space', and what the upstreams throw.
 */
export async function fetchObject(
  deps: FetchDeps,
  mirrors: Mirrors,
  wanted: Wanted,
  options: FetchOptions = {},
): Promise<StoredObject> {
  return withMirrors(mirrors, options.signal, async (upstream) => {
    await requireSpace(deps, wanted.size ?? 0);
    const gate = await wanted.gate?.();
    const incoming = await deps.objects.incoming();
    let from = wanted.path;
    const transfer = async () => {
      const answer = await upstream.get(wanted.path, { signal: options.signal });
      if (answer.status !== 'ok') throw new AppError('invalid', `${from} came without content`);
      from = answer.url;
      try {
        if ((answer.size ?? 0) > wanted.limit) throw tooLarge(from, wanted.limit);
        if ((answer.size ?? 0) > (wanted.size ?? 0)) await requireSpace(deps, answer.size!);
        const body = watchingSpace(deps, answer.body);
        await receive(incoming, body, wanted, { ...options, from, gate });
      } finally {
        answer.discard();
      }
    };
    try {
      await (options.slot ? options.slot(transfer) : transfer());
      options.onStep?.('fetched');
      const stored = await incoming.commit(options.commit);
      options.onStep?.('committed');
      return stored;
    } catch (error) {
      throw diskError(error, `fetching ${from}`);
    } finally {
      await incoming.discard();
    }
  });
}

const lookEvery = 16 * 1024 * 1024;

/** A body that ends with AppError 'no_space' when the disk fills up to the watermark while it is received. */
export async function* watchingSpace(
  deps: FetchDeps,
  body: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  let unwatched = 0;
  for await (const chunk of body) {
    unwatched += chunk.length;
    if (unwatched >= lookEvery) {
      await requireSpace(deps, chunk.length);
      unwatched = 0;
    }
    yield chunk;
  }
}

/**
 * Takes a body into an incoming object, passing over the bytes that it has already. Checks size limit, checksum and
 * gate; does not commit.
 */
export async function receive(
  incoming: Incoming,
  body: AsyncIterable<Buffer>,
  wanted: Wanted,
  options: FetchOptions & {
    from: string;
    gate?: PackageGate | undefined;
    /** The gate lets pass what is there by now, before all of it is. */
    onPassed?: () => void;
  },
): Promise<void> {
  if (wanted.checksum && incoming.written === 0)
    incoming.hashFor(wanted.checksum.type as ChecksumType);
  let at = 0;
  for await (const chunk of body) {
    const fresh = chunk.subarray(Math.max(0, incoming.written - at));
    at += chunk.length;
    if (at > wanted.limit) throw tooLarge(options.from, wanted.limit);
    if (fresh.length > 0) await incoming.write(fresh);
    if (at === chunk.length) options.onStep?.('started');
    options.onBytes?.(chunk.length);
    if (options.onPassed && (await options.gate?.arrived(incoming.peek, incoming.written)))
      options.onPassed();
  }
  const { wanted: found, sha256 } = incoming.digest();
  if (wanted.checksum && !sameChecksum(found, wanted.checksum)) {
    throw new AppError(
      'checksum',
      `${options.from} has ${found.type} ${found.value.slice(0, 16)}… where ${wanted.checksum.value.slice(0, 16)}… was announced`,
      {
        hint: 'the upstream may be in the middle of a publish, or a mirror or proxy is damaged: try again later',
      },
    );
  }
  await options.gate?.complete(incoming.peek, { size: incoming.written, sha256 });
}

export const tooLarge = (from: string, limit: number) =>
  new AppError('limit', `${from} is larger than ${limit} bytes`, {
    hint: 'check the address; limits in the configuration may allow more',
  });

/** Throws AppError 'no_space' if writing `size` bytes would leave less than the watermark. */
export async function requireSpace({ objects, minFree }: FetchDeps, size: number): Promise<void> {
  const free = await objects.freeBytes();
  const kept = minFree();
  if (free - size >= kept) return;
  throw new AppError(
    'no_space',
    `only ${shownBytes(free)} are free in the data folder, and ${shownBytes(kept + size)} are wanted`,
    { hint: 'free some space, or lower min_free; what was mirrored is still served' },
  );
}
