import pLimit from 'p-limit';
import { AppError, diskError, explain } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import type { Source } from '../base/source.ts';
import type { PackageFile } from '../store/catalogue/catalogue.ts';
import type { Incoming } from '../store/objects/incoming.ts';
import {
  bound,
  type FetchDeps,
  type FetchOptions,
  fetchObject,
  receive,
  requireSpace,
} from './fetch.ts';
import { findMirrors, type Mirrors, withMirrors } from './mirrors.ts';
import { together } from './together.ts';
import type { PackageGate, PackageTrust } from './trust/package-trust.ts';

const wanted = (pkg: PackageFile) => ({
  path: pkg.location,
  checksum: pkg.checksum,
  limit: bound(limits.package, pkg.size),
  size: pkg.size,
});

/** What fetching packages takes besides. */
interface PackageDeps extends FetchDeps {
  packageTrust: PackageTrust;
}

export interface FailedPackage {
  location: string;
  error: AppError;
}

/**
 * Fetches packages that are not held yet, several at a time, and looks into those that are where the source wants them
 * signed. Gives those that failed, with the error: 'untrusted' where an rpm is refused.
 */
export async function fetchPackages(
  deps: PackageDeps,
  mirrors: Mirrors,
  packages: PackageFile[],
  options: FetchOptions & { source: Source; onPackage?: () => void },
): Promise<FailedPackage[]> {
  const failed: FailedPackage[] = [];
  const slots = pLimit(limits.parallelFetches);
  await together(options.signal, packages, (pkg, stop) => slots(() => fetchOne(pkg, stop)));
  return failed;

  async function fetchOne(pkg: PackageFile, stop: AbortSignal): Promise<void> {
    try {
      if (stop.aborted) throw new AppError('cancelled', 'the sync was cancelled');
      const held = await deps.objects.findBy(pkg.checksum);
      if (held) await deps.packageTrust.requireTrusted(options.source, held, pkg.location);
      else {
        await deps.packageTrust.refuseKnown(options.source, pkg.checksum, pkg.location);
        const gate = () => deps.packageTrust.gate(options.source, pkg.location);
        const { sha256 } = await fetchObject(
          deps,
          mirrors,
          { ...wanted(pkg), gate },
          { ...options, signal: stop },
        );
        await deps.objects.alias(pkg.checksum, sha256);
      }
    } catch (error) {
      const fatal =
        !(error instanceof AppError) || error.kind === 'cancelled' || error.kind === 'no_space';
      if (fatal) throw error;
      failed.push({ location: pkg.location, error });
    }
    options.onPackage?.();
  }
}

/** How long a source's mirrors are taken for known, in milliseconds. */
const mirrorsKept = 300_000;

/** A package's bytes, held or on their way. `size` in bytes. */
export interface OpenPackage {
  size: number;
  /** Bytes `start` to `end`, inclusive. Throws where the upstream's bytes turn out wrong. */
  read(start: number, end: number): AsyncIterable<Buffer>;
}

interface Download {
  opened: Promise<OpenPackage>;
  done: Promise<unknown>;
}

interface Callbacks {
  /** There are bytes that may be read. */
  take(bytes: OpenPackage): void;
  /** Whoever asks from now on must wait for other bytes. */
  withdraw(): void;
  /** Whoever asks from now on must start a download of its own. */
  leave(): void;
}

/**
 * Packages on demand. However many ask for one at the same time, it is fetched once; the fetch goes on when those who
 * asked have hung up. Bytes are passed on while they are verified; the last of them only once all are.
 */
export function createPackageFetcher(deps: PackageDeps & { log: Log }) {
  const downloads = new Map<string, Download>();
  /** For each source: one that stalls holds up none but its own. */
  const slots = new Map<string, ReturnType<typeof pLimit>>();
  const stopped = new AbortController();
  const known = new WeakMap<Source, { mirrors: Mirrors; until: number }>();

  /** Opens a package that is not held. Throws AppErrors of the upstream, 'no_space', 'checksum'. */
  function open(source: Source, pkg: PackageFile): Promise<OpenPackage> {
    const key = `${source.label} ${pkg.checksum.type}:${pkg.checksum.value}`;
    let download = downloads.get(key);
    if (!download) {
      // Gone before readers are told of a failure, so that one who asks again starts anew.
      download = start(source, pkg, () => downloads.delete(key));
      downloads.set(key, download);
    }
    return download.opened;
  }

  /** A source's mirrors as they were found last, so that a package costs no look-up, and no dead mirror, of its own. */
  async function mirrorsOf(source: Source): Promise<Mirrors> {
    const entry = known.get(source);
    if (entry && entry.until > Date.now()) return entry.mirrors;
    const mirrors = await findMirrors(source, { signal: stopped.signal });
    known.set(source, { mirrors, until: Date.now() + mirrorsKept });
    return mirrors;
  }

  function start(source: Source, pkg: PackageFile, leave: () => void): Download {
    let offer = createOffer();
    const replace = () => {
      if (offer.isTaken()) offer = createOffer();
      download.opened = offer.promise;
    };
    const take = (o: OpenPackage) => offer.take(o);
    const slot = slots.get(source.label) ?? pLimit(limits.parallelPackages);
    slots.set(source.label, slot);
    const done = slot(() => fetch(source, pkg, { take, withdraw: replace, leave })).catch(
      (error) => {
        offer.reject(error);
        const about = { source: source.label, package: pkg.location, reason: explain(error) };
        if (error instanceof AppError) deps.log.warn(about, 'package not fetched');
        else deps.log.error({ ...about, err: error }, 'package not fetched');
      },
    );
    const download: Download = { opened: offer.promise, done };
    return download;
  }

  async function fetch(source: Source, pkg: PackageFile, { take, withdraw, leave }: Callbacks) {
    const { signal } = stopped;
    let incoming: Incoming | undefined;
    let gate: PackageGate | undefined;
    let size: number | undefined;
    let reason: unknown;
    // Readers may hold some of the wrong bytes: they are cut off, and another mirror starts from the first byte.
    const startOver = async (why: AppError) => {
      withdraw();
      await incoming?.discard(why);
      incoming = undefined;
      gate = undefined;
      return why;
    };
    const newGate = () => deps.packageTrust.gate(source, pkg.location);
    try {
      await deps.packageTrust.refuseKnown(source, pkg.checksum, pkg.location);
      await requireSpace(deps, pkg.size);
      const mirrors = await mirrorsOf(source);
      await withMirrors(mirrors, signal, async (upstream) => {
        gate ??= await newGate();
        const answer = await upstream.get(pkg.location, { signal });
        if (answer.status !== 'ok')
          throw new AppError('invalid', `${pkg.location} came without content`);
        const announced = answer.size ?? pkg.size;
        if (incoming && announced !== size) {
          await startOver(new AppError('checksum', `${answer.url} has another size than before`));
          gate = await newGate();
        }
        incoming ??= await deps.objects.incoming();
        size = announced;
        const { read } = incoming;
        const offer = () => announced > 0 && take({ size: announced, read });
        if (size > 0) incoming.expect(size);
        if (!gate) offer();
        try {
          const options = { from: answer.url, gate, onPassed: offer };
          await receive(incoming, answer.body, wanted(pkg), options);
        } catch (error) {
          throw error instanceof AppError && wrongBytes.has(error.kind)
            ? await startOver(error)
            : error;
        }
      });
      const whole = incoming!;
      const stored = await whole.commit();
      await deps.objects.alias(pkg.checksum, stored.sha256);
      take({ size: stored.size, read: whole.read });
    } catch (error) {
      reason = diskError(error, `fetching ${pkg.location}`);
      throw reason;
    } finally {
      leave();
      await incoming?.discard(reason);
    }
  }

  return {
    open,
    /** Where upstream offers a package, without credentials, for clients that are sent there. Throws AppErrors. */
    async address(source: Source, pkg: PackageFile): Promise<string> {
      return (await mirrorsOf(source)).list[0]!.publicUrl(pkg.location);
    },
    /** Breaks off what is under way and waits for it to end. */
    async close(): Promise<void> {
      stopped.abort();
      await Promise.allSettled([...downloads.values()].map((d) => d.done));
    },
  };
}

/** Errors after which what has come is of no use to the next mirror. */
const wrongBytes: ReadonlySet<string> = new Set(['checksum', 'limit', 'untrusted', 'invalid']);

/** A promise of bytes, and whether it was kept. */
function createOffer() {
  const { promise, resolve, reject } = Promise.withResolvers<OpenPackage>();
  promise.catch(() => {});
  let taken = false;
  return {
    promise,
    reject,
    isTaken: () => taken,
    take(o: OpenPackage) {
      taken = true;
      resolve(o);
    },
  };
}
