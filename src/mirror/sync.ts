import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, explain } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Source } from '../base/source.ts';
import type { IndexResult } from '../store/catalogue/indexing.ts';
import {
  type Manifest,
  type ManifestFile,
  missingObjects,
  putManifest,
  readManifest,
} from '../store/objects/manifest.ts';
import type { Objects } from '../store/objects/objects.ts';
import type { Revision } from '../store/state/revisions.ts';
import { cutDocuments } from './cut-step.ts';
import { fetchDocuments } from './documents-step.ts';
import { isAbsent } from './located.ts';
import { findMirrors } from './mirrors.ts';
import { fetchPackages } from './packages.ts';
import { fetchRepomd, fetchSignature, type GotRepomd, isOlder, newestOf } from './repomd-step.ts';
import type { SyncDeps, SyncProgress, SyncRun } from './sync-run.ts';
import { checkRepomd } from './trust.ts';

export interface SyncOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: SyncProgress) => void) | undefined;
  /** Takes a repomd.xml that is older than the one we have. */
  allowOlder?: boolean | undefined;
}

/** What a sync came to. */
export interface SyncReport {
  outcome: 'updated' | 'unchanged';
  bytes: number;
  warnings: string[];
  revision: Revision | undefined;
  index: IndexResult | undefined;
}

/**
 * Brings a source up to its upstream: objects, then the manifest, then catalogue rows, then the ref. Starts again, a few
 * times and after growing pauses, when what the upstream hands out does not fit together. Throws AppErrors; what was
 * served before is served still.
 */
export async function syncSource(
  deps: SyncDeps,
  source: Source,
  options: SyncOptions = {},
): Promise<SyncReport> {
  const working: Working = { newest: 0 };
  for (let restart = 0; ; restart++) {
    const run = await startRun(deps, source, options, working);
    try {
      return await sync(run, options, working);
    } catch (error) {
      if (!disagrees(error, working)) throw error;
      // Packages are fetched for a revision that is whole: they alone need no other.
      if (run.progress.step === 'packages' && !(await run.upstreamMovedOn())) throw error;
      if (restart >= limits.restarts) throw inconsistent(error, restart + 1);
      await sleep(limits.restartPause * 2 ** restart, undefined, {
        signal: options.signal,
      }).catch(() => throwIfCancelled(run));
    }
  }
}

/** What the tries of a sync know of each other. */
interface Working {
  /** The repomd.xml that the try under way works on, once it is known. */
  on?: Buffer | undefined;
  /** The newest timestamp of any repomd.xml that this sync worked on, in seconds; 0 before. */
  newest: number;
}

/** Whether an error may be that of an upstream that publishes, or of a cache before it that is half old, half new. */
function disagrees(error: unknown, working: Working): error is AppError {
  if (!(error instanceof AppError)) return false;
  if (isOlder(error)) return working.newest > 0;
  return working.on !== undefined && (error.kind === 'checksum' || isAbsent(error));
}

function inconsistent(error: AppError, tries: number): AppError {
  return new AppError(error.kind, `${error.message} (tried ${tries} times from the start)`, {
    cause: error,
    hint: error.hint ?? 'the upstream may be in the middle of a publish: try again later',
  });
}

async function startRun(
  deps: SyncDeps,
  source: Source,
  options: SyncOptions,
  working: Working,
): Promise<SyncRun> {
  working.on = undefined;
  const progress: SyncProgress = { step: 'repomd', bytes: 0, totalBytes: 0, packages: 0 };
  const run: SyncRun = {
    deps,
    source,
    mirrors: await findMirrors(source, options),
    signal: options.signal,
    warnings: [],
    progress,
    tell(change) {
      Object.assign(progress, change);
      options.onProgress?.({ ...progress });
    },
    onBytes: (count) => run.tell({ bytes: progress.bytes + count }),
    async upstreamMovedOn() {
      if (!working.on) return false;
      const got = await findMirrors(source, options)
        .then((fresh) => fetchRepomd(run, { from: fresh }))
        .catch(() => undefined);
      return got !== undefined && !got.bytes.equals(working.on);
    },
  };
  return run;
}

async function sync(run: SyncRun, options: SyncOptions, working: Working): Promise<SyncReport> {
  const { deps, source, signal, warnings } = run;
  const current = await deps.revisions.current(source.label);
  const before = current && (await readManifest(deps.objects, current.manifest));
  const whole = before && (await missingObjects(deps.objects, before)).length === 0;
  // What was taken unverified does not count as had, once verification is required.
  const had = whole && (source.verifyRepomd !== 'required' || before.trust.result === 'verified');

  // What upstream lacked the last time it may have by now, though its repomd.xml is the same.
  const complete = had && before.absent.length === 0 && !awaitsSignature(source, before);

  const ours = options.allowOlder ? 0 : (before?.newest ?? 0);
  const got = await fetchRepomd(run, {
    // Whoever answers that nothing is new may be older than what this sync saw.
    conditional: complete === true && working.newest === 0,
    from: run.mirrors,
    floor: { ours, seen: options.allowOlder ? 0 : working.newest },
  });
  const same = had && (!got || isSame(before, got.bytes));
  if (!got || (same && complete)) return unchanged();
  const newest = newestOf(got.repomd);
  working.on = got.bytes;
  working.newest = Math.max(working.newest, newest);
  const signature = await fetchSignature(run, got.upstream);
  const trust = await checkRepomd(source, got.bytes, signature, { signal });
  if (trust.result === 'unverified')
    warnings.push(`the signature was not checked: ${trust.reason}`);

  const files = [
    ...(await ownFiles(deps.objects, got.bytes, signature)),
    ...(await fetchDocuments(run, got.repomd, before)),
  ];
  const absent = got.repomd.data
    .filter((d) => !files.some((f) => f.path === d.href))
    .map((d) => d.type);
  if (same && absent.join() === before.absent.join() && files.length === before.files.length) {
    return unchanged();
  }
  const trees = await cutDocuments(run, got, files, whole ? before : undefined);
  throwIfCancelled(run);
  const manifest = await putManifest(deps.objects, {
    parents: current ? [current.manifest] : [],
    upstreamRevision: got.repomd.revision,
    newest,
    files,
    trees,
    absent,
    trust,
  });
  const number = await deps.revisions.reserve(source.label);
  const index = await indexManifest(run, { base: current?.number ?? 0, number, manifest });
  throwIfCancelled(run);
  const revision = await deps.revisions.publish(source.label, number, manifest);
  await remember(run, got);
  await mirrorPackages(run, revision);
  return report(run, 'updated', revision, index);

  async function unchanged(): Promise<SyncReport> {
    if (current) await mirrorPackages(run, current);
    if (got) await remember(run, got);
    return report(run, 'unchanged', current, undefined);
  }
}

/** Whether a signature is expected that was not there: upstreams sign a moment after they publish. */
function awaitsSignature(source: Source, before: Manifest): boolean {
  return (
    source.verifyRepomd !== 'off' && source.gpgKeys.length > 0 && before.trust.result === 'unsigned'
  );
}

async function indexManifest(
  { deps, source, tell, warnings }: SyncRun,
  { base, number, manifest }: { base: number; number: number; manifest: string },
): Promise<IndexResult> {
  tell({ step: 'index' });
  const index = await deps.catalogue.index({
    label: source.label,
    base,
    revision: number,
    manifest,
    refuseModules: true,
  });
  if (index.elsewhere > 0) {
    warnings.push(
      `${index.elsewhere} packages lie at another address (xml:base); clients fetch them from there`,
    );
  }
  tell({ packages: index.packages });
  return index;
}

function report(
  { progress, warnings }: SyncRun,
  outcome: SyncReport['outcome'],
  revision: Revision | undefined,
  index: IndexResult | undefined,
): SyncReport {
  return { outcome, bytes: progress.bytes, warnings, revision, index };
}

function throwIfCancelled({ signal }: SyncRun): void {
  if (signal?.aborted) throw new AppError('cancelled', 'the sync was cancelled');
}

function isSame(before: Manifest, repomd: Buffer): boolean {
  const sha256 = hash('sha256', repomd);
  return before.files.some((f) => f.type === 'repomd' && f.sha256 === sha256);
}

/** Notes what upstream said of the repomd.xml that we now have. */
async function remember({ deps, source }: SyncRun, got: GotRepomd): Promise<void> {
  await deps.syncs.setValidator(source.label, got.upstream.shown, got);
}

/** repomd.xml and its signature as files of the revision. */
async function ownFiles(
  objects: Objects,
  repomd: Buffer,
  signature: Buffer | undefined,
): Promise<ManifestFile[]> {
  const file = async (path: string, type: string, content: Buffer): Promise<ManifestFile> => ({
    path,
    type,
    sha256: await objects.put(content),
    size: content.length,
    checksum: undefined,
  });
  const files = [await file('repodata/repomd.xml', 'repomd', repomd)];
  if (signature) files.push(await file('repodata/repomd.xml.asc', 'signature', signature));
  return files;
}

/**
 * Fetches the packages that are not held yet, where the source wants them all. Those that upstream does not have are a
 * warning; other failures fail the sync, whose revision is served all the same.
 */
async function mirrorPackages(run: SyncRun, revision: Revision): Promise<void> {
  const { deps, source, signal, tell, onBytes, warnings } = run;
  if (source.packages !== 'immediate') return;
  const packages = [...deps.catalogue.packages(source.label, revision.number)];
  tell({ step: 'packages', packages: 0 });
  let done = 0;
  const failed = await fetchPackages(deps, run.mirrors, packages, {
    signal,
    onBytes,
    onPackage: () => tell({ packages: ++done }),
  });
  const [first] = failed.toSorted((a, b) => Number(isAbsent(a.error)) - Number(isAbsent(b.error)));
  if (!first) return;
  const sentence = `${failed.length} packages could not be fetched, the first being ${first.location}: ${explain(first.error)}`;
  if (!isAbsent(first.error))
    throw new AppError(first.error.kind, sentence, { cause: first.error });
  warnings.push(sentence);
}
