import pLimit from 'p-limit';
import { AppError, diskError, type ErrorKind, explain } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import type { MirroredSource } from '../base/source.ts';
import type { PackageFile } from '../store/catalogue/catalogue.ts';
import type { Leases } from '../store/collect/leases.ts';
import type { Incoming } from '../store/objects/incoming.ts';
import { mirrorsFor } from './elsewhere.ts';
import { bound, type FetchDeps, receive, requireSpace, tooLarge, watchingSpace } from './fetch.ts';
import { findMirrors, inOrder, type Mirrors, withMirrors } from './mirrors.ts';
import type { PackageGate, PackageTrust } from './trust/package-trust.ts';
import type { Place } from './upstream.ts';

/** What to fetch for a package. */
export const wanted = (pkg: PackageFile) => ({
  path: pkg.location,
  checksum: pkg.checksum,
  limit: bound(limits.package, pkg.size),
  size: pkg.size,
});

/** Where a package lies, as the metadata says. */
export const placeOf = ({ location, base }: PackageFile): Place => ({ path: location, base });

/** What fetching packages takes besides. */
export interface PackageDeps extends FetchDeps {
  packageTrust: PackageTrust;
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

export type PackageFetcher = ReturnType<typeof createPackageFetcher>;

/**
 * Packages on demand. However many ask for one at the same time, it is fetched once; the fetch goes on when those who
 * asked have hung up. Bytes are passed on while they are verified; the last of them only once all are.
 */
export function createPackageFetcher(
  deps: PackageDeps & {
    leases: Leases;
    log: Log;
    onReceived?: (label: string, bytes: number) => void;
    onFailed?: (label: string, kind: ErrorKind) => void;
  },
) {
  const downloads = new Map<string, Download>();
  /** For each source: one that stalls holds up none but its own. */
  const slots = new Map<string, ReturnType<typeof pLimit>>();
  const stopped = new AbortController();
  const known = new WeakMap<MirroredSource, { mirrors: Mirrors; until: number }>();

  /** Opens a package that is not held. Throws AppErrors of the upstream, 'no_space', 'checksum'. */
  function open(source: MirroredSource, pkg: PackageFile): Promise<OpenPackage> {
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
  async function mirrorsOf(source: MirroredSource): Promise<Mirrors> {
    const entry = known.get(source);
    if (entry && entry.until > Date.now()) return entry.mirrors;
    const mirrors = await findMirrors(source, { signal: stopped.signal, urgent: true });
    known.set(source, { mirrors, until: Date.now() + mirrorsKept });
    return mirrors;
  }

  function start(source: MirroredSource, pkg: PackageFile, leave: () => void): Download {
    let offer = createOffer();
    const replace = () => {
      if (offer.isTaken()) offer = createOffer();
      download.opened = offer.promise;
    };
    const take = (o: OpenPackage) => offer.take(o);
    const slot = slots.get(source.label) ?? pLimit(limits.parallelPackages);
    slot.concurrency = limits.parallelPackages;
    slots.set(source.label, slot);
    const fetching = async () => {
      // What it writes stays until it is done.
      const lease = await deps.leases.take();
      await fetch(source, pkg, { take, withdraw: replace, leave }).finally(lease.end);
    };
    const done = slot(fetching).catch((error) => {
      offer.reject(error);
      const about = { source: source.label, package: pkg.location, reason: explain(error) };
      if (error instanceof AppError) deps.onFailed?.(source.label, error.kind);
      if (error instanceof AppError) deps.log.warn(about, 'package not fetched');
      else deps.log.error({ ...about, err: error }, 'package not fetched');
    });
    const download: Download = { opened: offer.promise, done };
    return download;
  }

  async function fetch(
    source: MirroredSource,
    pkg: PackageFile,
    { take, withdraw, leave }: Callbacks,
  ) {
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
      await withMirrors(mirrorsFor(mirrors, placeOf(pkg)), signal, async (upstream) => {
        gate ??= await newGate();
        const answer = await upstream.get(pkg.location, { signal, urgent: true });
        if (answer.status !== 'ok')
          throw new AppError('invalid', `${pkg.location} came without content`);
        try {
          // What the metadata says of the size may be wrong: without the upstream's word readers wait for the end.
          const announced = answer.size ?? 0;
          const { limit } = wanted(pkg);
          if (announced > limit) throw tooLarge(answer.url, limit);
          if (incoming && announced !== size) {
            await startOver(new AppError('checksum', `${answer.url} has another size than before`));
            gate = await newGate();
          }
          const before = incoming?.written ?? 0;
          incoming ??= await deps.objects.incoming();
          size = announced;
          const { read } = incoming;
          const onPassed = () => announced > 0 && take({ size: announced, read });
          if (size > 0) incoming.expect(size);
          if (!gate) onPassed();
          const body = watchingSpace(deps, answer.body);
          const onBytes = (count: number) => deps.onReceived?.(source.label, count);
          const options = { from: answer.url, gate, onPassed, onBytes };
          await receive(incoming, body, wanted(pkg), options).catch(async (error) => {
            if (!isWrong(error)) throw error;
            await startOver(error);
            throw before > 0 ? anew(error) : error;
          });
        } finally {
          answer.discard();
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
    /** How many packages are being fetched, or wait for it. */
    openDownloads: () => downloads.size,
    /** Where upstream offers a package, without credentials, for clients that are sent there. Throws AppErrors. */
    async address(source: MirroredSource, pkg: PackageFile): Promise<string> {
      const mirrors = mirrorsFor(await mirrorsOf(source), placeOf(pkg));
      return inOrder(mirrors)[0]!.publicUrl(pkg.location);
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

function isWrong(error: unknown): error is AppError {
  return error instanceof AppError && wrongBytes.has(error.kind);
}

/** Wrong bytes of which some came from an earlier answer: the last one's server gets another chance. */
const anew = (error: AppError) =>
  new AppError('unreachable', error.message, {
    cause: error,
    ...(error.hint && { hint: error.hint }),
  });

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
