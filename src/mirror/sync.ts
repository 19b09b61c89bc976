import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
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
import { type FailedPackage, fetchPackages } from './packages.ts';
import { fetchRepomd, fetchSignature, type GotRepomd, refuseOlder } from './repomd-step.ts';
import type { SyncDeps, SyncProgress, SyncRun } from './sync-run.ts';
import { checkRepomd, isMismatch, isTrusted } from './trust/repomd-trust.ts';
import { fetchKeys, keysChanged, readKeyFiles } from './trust/source-keys.ts';

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
  /** Packages that were neither stored nor will be served. */
  refused: { document: string; reason: string }[];
}

/**
 * Brings a source up to its upstream: objects, then the manifest, then catalogue rows, then the ref. Starts again when
 * the upstream changes in the middle. Throws AppErrors; what was served before is served still.
 */
export async function syncSource(
  deps: SyncDeps,
  source: Source,
  options: SyncOptions = {},
): Promise<SyncReport> {
  let mismatches = 0;
  for (let restart = 0; ; restart++) {
    const working: { on?: Buffer } = {};
    const run = await startRun(deps, source, options, working);
    // The mirror whose two files disagreed comes last.
    const { list } = run.mirrors;
    list.push(...list.splice(0, mismatches % list.length));
    try {
      return await sync(run, options, working);
    } catch (error) {
      if (restart >= limits.restarts)
        throw isMismatch(error) ? afterTries(error, restart + 1) : error;
      // repomd.xml and its signature are of different revisions: both again, a moment later.
      if (isMismatch(error)) await pause(limits.mismatchPause * 2 ** mismatches++, options.signal);
      else {
        const disagrees =
          error instanceof AppError && (error.kind === 'checksum' || error.kind === 'refused');
        if (!disagrees || !(await run.upstreamMovedOn())) throw error;
      }
    }
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal && { signal }).catch(() => {
    throw new AppError('cancelled', 'the sync was cancelled');
  });
}

function afterTries(error: unknown, tries: number): AppError {
  const { kind, message, hint, detail } = error as AppError;
  return new AppError(kind, `${message}, each of ${tries} times that both were fetched`, {
    cause: error,
    ...(hint && { hint }),
    ...(detail && { detail }),
  });
}

/** `working.on` is the repomd.xml that the run works on, once it is known. */
async function startRun(
  deps: SyncDeps,
  source: Source,
  options: SyncOptions,
  working: { on?: Buffer },
): Promise<SyncRun> {
  const progress: SyncProgress = { step: 'repomd', bytes: 0, totalBytes: 0, packages: 0 };
  const run: SyncRun = {
    deps,
    source,
    mirrors: await findMirrors(source, options),
    signal: options.signal,
    warnings: [],
    refused: [],
    progress,
    tell(change) {
      Object.assign(progress, change);
      options.onProgress?.({ ...progress });
    },
    onBytes: (count) => run.tell({ bytes: progress.bytes + count }),
    async upstreamMovedOn() {
      if (!working.on) return false;
      const got = await findMirrors(source, options)
        .then((fresh) => fetchRepomd(run, false, fresh))
        .catch(() => undefined);
      return got !== undefined && !got.bytes.equals(working.on);
    },
  };
  return run;
}

async function sync(
  run: SyncRun,
  options: SyncOptions,
  working: { on?: Buffer },
): Promise<SyncReport> {
  const { deps, source, signal, warnings } = run;
  const current = await deps.revisions.current(source.label);
  const before = current && (await readManifest(deps.objects, current.manifest));
  const whole = before && (await missingObjects(deps.objects, before)).length === 0;
  // What was taken unverified does not count as had, once verification is required.
  const had = whole && isTrusted(source, before.trust);
  const keysHad = before && !(await keysChanged(source, before)) ? (before.keys ?? []) : undefined;
  // What upstream lacked the last time it may have by now, though its repomd.xml is the same.
  const complete =
    had && before.absent.length === 0 && !awaitsSignature(source, before) && keysHad !== undefined;

  const got = await fetchRepomd(run, complete === true, run.mirrors);
  const same = had && (!got || isSame(before, got.bytes));
  if (!got || (same && complete)) return unchanged();
  working.on = got.bytes;
  const signature = await fetchSignature(run, got.upstream);
  const keys =
    (same ? keysHad : undefined) ??
    (await fetchKeys(source, { objects: deps.objects, before, signal, warnings }));
  const trust = await checkRepomd(source, got.bytes, signature, () =>
    readKeyFiles(deps.objects, keys),
  );
  if (trust.result === 'unverified')
    warnings.push(`the signature was not checked: ${trust.reason}`);
  const newest = Math.max(0, ...got.repomd.data.map((d) => d.timestamp ?? 0));
  if (!options.allowOlder) refuseOlder(source, newest, before);

  const files = [
    ...(await ownFiles(deps.objects, got.bytes, signature)),
    ...(await fetchDocuments(run, got.repomd, before)),
  ];
  const absent = got.repomd.data
    .filter((d) => !files.some((f) => f.path === d.href))
    .map((d) => d.type);
  const asBefore =
    same &&
    absent.join() === before.absent.join() &&
    files.length === before.files.length &&
    isDeepStrictEqual(keys, before.keys ?? []);
  if (asBefore) return unchanged();
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
    keys,
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
  { progress, warnings, refused }: SyncRun,
  outcome: SyncReport['outcome'],
  revision: Revision | undefined,
  index: IndexResult | undefined,
): SyncReport {
  return { outcome, bytes: progress.bytes, warnings, revision, index, refused };
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
 * warning, as are those with another digest where packages need not be right; those whose signature is refused are set
 * aside too. Other failures fail the sync, whose revision is served all the same.
 */
async function mirrorPackages(run: SyncRun, revision: Revision): Promise<void> {
  const { deps, source, signal, tell, onBytes, warnings } = run;
  if (source.packages !== 'immediate') return;
  const packages = [...deps.catalogue.packages(source.label, revision.number)];
  tell({ step: 'packages', packages: 0 });
  let done = 0;
  const all = await fetchPackages(deps, run.mirrors, packages, {
    source,
    signal,
    onBytes,
    onPackage: () => tell({ packages: ++done }),
  });
  const { refused = [], failed = [] } = Object.groupBy(all, ({ error }) =>
    error.kind === 'untrusted' ? 'refused' : 'failed',
  );
  for (const { error } of refused) {
    run.refused.push({ document: 'packages', reason: explain(error) });
  }
  if (refused[0])
    warnings.push(
      `${refused.length} packages are refused, the first being ${explain(refused[0].error)}`,
    );
  const passable = ({ error }: FailedPackage) =>
    isAbsent(error) || (source.verifyPackages === 'off' && error.kind === 'checksum');
  const [first] = failed.toSorted((a, b) => Number(passable(a)) - Number(passable(b)));
  if (!first) return;
  const sentence = `${failed.length} packages could not be fetched, the first being ${first.location}: ${explain(first.error)}`;
  if (!passable(first)) throw new AppError(first.error.kind, sentence, { cause: first.error });
  warnings.push(sentence);
}
