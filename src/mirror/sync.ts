import { hash } from 'node:crypto';
import { AppError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Source } from '../base/source.ts';
import type { IndexResult } from '../store/catalogue/indexing.ts';
import {
  findManifest,
  type Manifest,
  type ManifestFile,
  missingObjects,
  putManifest,
} from '../store/objects/manifest.ts';
import type { Objects } from '../store/objects/objects.ts';
import type { Revision } from '../store/state/revisions.ts';
import { cutDocuments } from './cut-step.ts';
import { fetchDocuments } from './documents-step.ts';
import { findMirrors } from './mirrors.ts';
import { mirrorPackages } from './packages-step.ts';
import { fetchRepomd, fetchSignature, type GotRepomd, refuseOlder } from './repomd-step.ts';
import type { SyncDeps, SyncProgress, SyncRun } from './sync-run.ts';
import { fetchTree, fetchTreeinfo, isSameTree } from './tree-step.ts';
import { checkRepomd } from './trust.ts';

export interface SyncOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: SyncProgress) => void) | undefined;
  /** Takes a repomd.xml that is older than the one we have. */
  allowOlder?: boolean | undefined;
  /** Takes nothing over from the revision before: its manifest is damaged. */
  anew?: boolean | undefined;
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
 * Brings a source up to its upstream: objects, then the manifest, then catalogue rows, then the ref. Starts again when
 * the upstream changes in the middle. Throws AppErrors; what was served before is served still.
 */
export async function syncSource(
  deps: SyncDeps,
  source: Source,
  options: SyncOptions = {},
): Promise<SyncReport> {
  for (let restart = 0; ; restart++) {
    const working: Working = {};
    const run = await startRun(deps, source, options, working);
    try {
      return await sync(run, options, working);
    } catch (error) {
      const disagrees =
        error instanceof AppError && (error.kind === 'checksum' || error.kind === 'refused');
      if (!disagrees || restart >= limits.restarts || !(await run.upstreamMovedOn())) throw error;
    }
  }
}

/** The repomd.xml and the .treeinfo that a run works on, once they are known. */
interface Working {
  on?: Buffer;
  tree?: Buffer | undefined;
}

async function startRun(
  deps: SyncDeps,
  source: Source,
  options: SyncOptions,
  working: Working,
): Promise<SyncRun> {
  const progress: SyncProgress = {
    step: 'repomd',
    bytes: 0,
    totalBytes: 0,
    packages: 0,
    packagesFetched: 0,
  };
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
      const fresh = await findMirrors(source, options).catch(() => undefined);
      const got = fresh && (await fetchRepomd(run, false, fresh).catch(() => undefined));
      if (got && !got.bytes.equals(working.on)) return true;
      if (!fresh || !working.tree) return false;
      const tree = await fetchTreeinfo({ ...run, mirrors: fresh }).catch(() => undefined);
      return tree !== undefined && !tree.bytes.equals(working.tree);
    },
  };
  return run;
}

async function sync(run: SyncRun, options: SyncOptions, working: Working): Promise<SyncReport> {
  const { deps, source, signal, warnings } = run;
  const current = await deps.revisions.current(source.label);
  // One that was lost on this disk: its revision is made anew.
  const before =
    current && !options.anew ? await findManifest(deps.objects, current.manifest) : undefined;
  const whole = before && (await missingObjects(deps.objects, before)).length === 0;
  // What was taken unverified does not count as had, once verification is required.
  const had = whole && (source.verifyRepomd !== 'required' || before.trust.result === 'verified');

  const treeinfo = await fetchTreeinfo(run);
  const sameTree = had && isSameTree(treeinfo, before);
  // What upstream lacked the last time it may have by now, though its repomd.xml is the same.
  const complete = sameTree && before.absent.length === 0 && !awaitsSignature(source, before);

  const got = await fetchRepomd(run, complete === true, run.mirrors);
  const same = had && (!got || isSame(before, got.bytes));
  if (!got || (same && complete)) return unchanged();
  Object.assign(working, { on: got.bytes, tree: treeinfo?.bytes });
  const signature = await fetchSignature(run, got.upstream);
  const trust = await checkRepomd(source, got.bytes, signature, { signal });
  if (trust.result === 'unverified')
    warnings.push(`the signature was not checked: ${trust.reason}`);
  const newest = Math.max(0, ...got.repomd.data.map((d) => d.timestamp ?? 0));
  if (!options.allowOlder) refuseOlder(source, newest, before);

  const documents = await fetchDocuments(run, got.repomd, before);
  const tree = await fetchTree(run, treeinfo, before);
  const files = [
    ...(await ownFiles(deps.objects, got.bytes, signature)),
    ...documents,
    ...tree.files,
  ];
  const absent = got.repomd.data
    .filter((d) => !documents.some((f) => f.path === d.href))
    .map((d) => d.type);
  absent.push(...tree.absent);
  if (
    same &&
    sameTree &&
    absent.join() === before.absent.join() &&
    files.length === before.files.length
  ) {
    return unchanged();
  }
  const trees = await cutDocuments(run, got, files, whole ? before : undefined);
  throwIfCancelled(run);
  const manifest = await putManifest(deps.objects, {
    parents: current && before ? [current.manifest] : [],
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
