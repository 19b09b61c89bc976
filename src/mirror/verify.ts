import { AppError, explain } from '../base/errors.ts';
import type { MirroredSource } from '../base/source.ts';
import { inspect } from '../store/objects/inspect.ts';
import type { Revision } from '../store/state/revisions.ts';
import type { SyncEnd } from '../store/state/syncs.ts';
import type { SyncDeps } from './sync-run.ts';
import { verifyFiles } from './verify-files.ts';
import { verifyPackages } from './verify-packages.ts';

/** An object of a revision that is not what it should be. */
export interface Problem {
  kind: 'manifest' | 'document' | 'tree' | 'pack' | 'package';
  /** Its path in the channel, or the document that it holds fragments of. */
  path: string;
  sha256: string;
  problem: 'missing' | 'damaged';
  /**
   * `fetched` again from upstream, `cut` anew from its document, `synced`: a new revision does without it. `removed`: nobody
   * is served it any more, and what is asked for next is fetched. Null: nothing was done.
   */
  repair: 'fetched' | 'cut' | 'synced' | 'removed' | null;
  /** Why it was not repaired. */
  reason: string | null;
}

/** What verifying a source came to. */
export interface VerifyReport {
  label: string;
  /** The revision that was looked at, and that which is current now. */
  revision: number;
  current: number;
  objects: number;
  packages: number;
  bytes: number;
  problems: Problem[];
  /** Whether nothing is wrong any more. */
  intact: boolean;
}

export interface VerifyProgress {
  step: 'verify' | 'repair';
  bytes: number;
  totalBytes: number;
  packages: number;
}

/** What the steps of a verification share. */
export interface Verification {
  deps: SyncDeps;
  /** Undefined for one that vanished from the configuration: there is nowhere to fetch from. */
  source: MirroredSource | undefined;
  label: string;
  revision: Revision;
  repair: boolean;
  signal: AbortSignal;
  report: VerifyReport;
  tell(change: Partial<VerifyProgress>): void;
  onBytes(count: number): void;
}

export interface VerifyOptions {
  source: MirroredSource | undefined;
  repair: boolean;
  onProgress(progress: VerifyProgress): void;
}

type SignalledOptions = VerifyOptions & { signal: AbortSignal };

/**
 * Reads all that is stored for sources' current revisions through and mends what is broken. A good object is never touched:
 * what is fetched again takes the place of what is damaged in one step, and only what is damaged is removed.
 */
export function createVerifier(
  deps: SyncDeps & {
    sync(
      source: MirroredSource,
      options: { anew: boolean },
    ): Promise<Pick<SyncEnd, 'outcome' | 'reason'>>;
  },
) {
  const running = new Map<string, { work: Promise<unknown>; cancelled: AbortController }>();
  const stopped = new AbortController();

  /** Throws AppErrors: 'not_found' before the first sync, 'conflict' while the source is verified already, 'cancelled'. */
  async function verify(label: string, options: VerifyOptions): Promise<VerifyReport> {
    if (running.has(label)) throw new AppError('conflict', `source ${label} is being verified`);
    const cancelled = new AbortController();
    const signal = AbortSignal.any([stopped.signal, cancelled.signal]);
    const work = verifyOne(label, { ...options, signal });
    running.set(label, { work, cancelled });
    try {
      return await work;
    } finally {
      running.delete(label);
    }
  }

  async function verifyOne(label: string, options: SignalledOptions): Promise<VerifyReport> {
    const first = await start(label, options);
    const lease = await deps.leases.take([first.revision.manifest]);
    try {
      return await verifyAll(first, options);
    } finally {
      lease.end();
    }
  }

  async function verifyAll(first: Verification, options: SignalledOptions): Promise<VerifyReport> {
    const { label } = first;
    await verifyFiles(first);
    await verifyPackages(first);
    const { report, revision } = first;
    const left = report.problems.filter((p) => p.kind !== 'package' && !isMended(p));
    if (options.repair && options.source && left.length > 0) {
      const anew = left.some((p) => p.kind === 'manifest');
      const { outcome, reason } = await deps.sync(options.source, { anew });
      const again = await start(label, { ...options, repair: false });
      await verifyFiles(again);
      report.current = again.revision.number;
      for (const problem of left) {
        const same = again.report.problems.find((p) => p.sha256 === problem.sha256);
        if (same || report.current === revision.number) {
          if (outcome === 'failed') problem.reason = `a sync to mend it failed: ${reason}`;
          continue;
        }
        Object.assign(problem, { repair: 'synced', reason: null });
        await inspect(deps.objects, problem.sha256).then(({ remove }) => remove());
      }
      report.problems.push(...again.report.problems.filter((p) => !left.some(sameAs(p))));
    }
    report.intact = report.problems.every(isMended);
    return report;
  }

  async function start(label: string, options: SignalledOptions): Promise<Verification> {
    const revision = await deps.revisions.current(label);
    if (!revision) {
      throw new AppError('not_found', `source ${label} was not mirrored yet`, {
        hint: `\`headwater sync ${label}\` does`,
      });
    }
    const progress: VerifyProgress = { step: 'verify', bytes: 0, totalBytes: 0, packages: 0 };
    const { number } = revision;
    const nothing = { objects: 0, packages: 0, bytes: 0, problems: [], intact: true };
    const verification: Verification = {
      deps,
      source: options.source,
      label,
      revision,
      repair: options.repair && options.source !== undefined,
      signal: options.signal,
      report: { label, revision: number, current: number, ...nothing },
      tell(change) {
        Object.assign(progress, change);
        options.onProgress({ ...progress });
      },
      onBytes(count) {
        verification.report.bytes += count;
        verification.tell({ bytes: progress.bytes + count });
      },
    };
    return verification;
  }

  return {
    verify,
    isRunning: (label: string): boolean => running.has(label),
    /** Breaks the verification of a source off and waits for it to end. Gives whether one was under way. */
    async cancel(label: string): Promise<boolean> {
      const entry = running.get(label);
      entry?.cancelled.abort();
      await entry?.work.catch(() => {});
      return entry !== undefined;
    },
    /** Breaks off what is under way and waits for it to end. */
    async close(): Promise<void> {
      stopped.abort();
      await Promise.allSettled([...running.values()].map(({ work }) => work));
    },
  };
}

export type Verifier = ReturnType<typeof createVerifier>;

const isMended = ({ repair }: Problem): boolean => repair !== null && repair !== 'removed';

const sameAs = (a: Problem) => (b: Problem) => a.sha256 === b.sha256;

/** What failed on purpose, as the reason of a problem; a bug goes on. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof AppError) || error.kind === 'cancelled') throw error;
  return explain(error);
}
