import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { MirroredSource } from '../base/source.ts';
import { announce } from '../base/steps.ts';
import { plausible } from '../repodata/repomd.ts';
import type { IndexResult } from '../store/catalogue/indexing.ts';
import {
  findManifest,
  type Manifest,
  type ManifestFile,
  missingObjects,
  type Trust,
} from '../store/objects/manifest.ts';
import type { Objects } from '../store/objects/objects.ts';
import type { Revision } from '../store/state/revisions.ts';
import { startCutting } from './cut-step.ts';
import { fetchDocuments } from './documents-step.ts';
import { putHeldManifest } from './hold-manifest.ts';
import { matchesMetalink } from './metalink-check.ts';
import { mirrorPackages } from './packages-step.ts';
import { fetchRepomd, fetchSignature, type GotRepomd, newestOf } from './repomd-step.ts';
import { type SyncOptions, type SyncRun, throwIfCancelled, type Working } from './sync-run.ts';
import { fetchTree, fetchTreeinfo, isSameTree } from './tree-step.ts';
import { checkRepomd, isTrusted } from './trust/repomd-trust.ts';
import { fetchKeys, keysChanged, readKeyFiles } from './trust/source-keys.ts';

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

/** One try at a sync, from repomd.xml to the ref and the packages. Throws AppErrors. */
export async function syncOnce(
  run: SyncRun,
  options: SyncOptions,
  working: Working,
): Promise<SyncReport> {
  const { deps, source, signal, warnings } = run;
  const current = await deps.revisions.current(source.label);
  // One that was lost on this disk: its revision is made anew.
  const before =
    current && !options.anew ? await findManifest(deps.objects, current.manifest) : undefined;
  const whole = before && (await missingObjects(deps.objects, before)).length === 0;
  // What was taken unverified does not count as had, once verification is required.
  const had = whole && isTrusted(source, before.trust);
  const keysHad = before && !(await keysChanged(source, before)) ? (before.keys ?? []) : undefined;

  const treeinfo = await fetchTreeinfo(run);
  const sameTree = had && isSameTree(treeinfo, before);
  // What upstream lacked the last time it may have by now, though its repomd.xml is the same.
  const complete =
    sameTree && keysHad && before.absent.length === 0 && !awaitsSignature(source, before);

  const got = await fetchRepomd(run, {
    // Whoever answers that nothing is new may be older than what this sync saw.
    conditional: complete === true && working.newest === 0 && (await isAnnounced(run, before)),
    from: run.mirrors,
    ...(!options.allowOlder && { floor: { ours: floorOf(before), seen: working.newest } }),
  });
  const same = had && (!got || isSame(before, got.bytes));
  if (!got || (same && complete)) return unchanged();
  announce(source.label, 'repomd fetched');
  const newest = newestOf(got.repomd);
  working.on = got.bytes;
  working.tree = treeinfo?.bytes;
  working.from = got.upstream.shown;
  const signature = await fetchSignature(run, got.upstream);
  const keys =
    (same ? keysHad : undefined) ??
    (await fetchKeys(source, { objects: deps.objects, before, signal, warnings }));
  const trust = await checkRepomd(source, got.bytes, signature, () =>
    readKeyFiles(deps.objects, keys),
  );
  // What nobody vouches for says nothing of time.
  working.newest = Math.max(working.newest, newest);
  warnOfTrust(run, trust, before);

  const cutting = startCutting(run, got, whole ? before : undefined);
  let files: ManifestFile[];
  let absent: string[];
  let trees: Manifest['trees'];
  try {
    const fetching = { before, whole: whole === true, onFile: cutting.add };
    const documents = await fetchDocuments(run, got.repomd, fetching);
    const tree = await fetchTree(run, treeinfo, before);
    files = [...(await ownFiles(deps.objects, got.bytes, signature)), ...documents, ...tree.files];
    const lacking = got.repomd.data.filter((d) => !documents.some((f) => f.path === d.href));
    absent = [...lacking.map((d) => d.type), ...tree.absent];
    const asBefore =
      same &&
      sameTree &&
      absent.join() === before.absent.join() &&
      files.length === before.files.length &&
      isDeepStrictEqual(keys, before.keys ?? []);
    if (asBefore) return await unchanged();
    trees = await cutting.end();
  } finally {
    await cutting.close();
  }
  throwIfCancelled(run);
  const manifest = await putHeldManifest(deps.objects, run.lease, {
    parents: current && before ? [current.manifest] : [],
    upstreamRevision: got.repomd.revision,
    newest,
    files,
    keys,
    trees,
    absent,
    trust,
  });
  announce(source.label, 'manifest put');
  const number = await deps.revisions.reserve(source.label);
  announce(source.label, 'number reserved');
  const index = await indexManifest(run, { base: current?.number ?? 0, number, manifest });
  announce(source.label, 'catalogue indexed');
  throwIfCancelled(run);
  const revision = await deps.revisions.publish(source.label, number, { manifest });
  announce(source.label, 'ref published');
  await remember(run, got);
  await mirrorPackages(run, revision);
  return report(run, 'updated', revision, index);

  async function unchanged(): Promise<SyncReport> {
    if (current) await mirrorPackages(run, current);
    if (got) await remember(run, got);
    return report(run, 'unchanged', current, undefined);
  }
}

/** What is older than this, in seconds, is older than what we have; a time in the future says nothing. */
function floorOf(before: Manifest | undefined): number {
  return before && plausible(before.newest, Date.now() / 1000) ? before.newest : 0;
}

/** Whether a mirror that says "not modified" gives what the metalink announces, which it may not know of. */
async function isAnnounced({ deps, mirrors }: SyncRun, before: Manifest): Promise<boolean> {
  const [announced] = mirrors.repomd ?? [];
  const own = before.files.find((f) => f.type === 'repomd');
  if (!announced || !own) return true;
  return matchesMetalink(await deps.objects.read(own.sha256), [announced]);
}

/** Whether a signature is expected that was not there: upstreams sign a moment after they publish. */
function awaitsSignature(source: MirroredSource, before: Manifest): boolean {
  return (
    source.verifyRepomd !== 'off' && source.gpgKeys.length > 0 && before.trust.result === 'unsigned'
  );
}

/** What was signed before and is not any more is passed on where that is allowed, and never without a word. */
function warnOfTrust({ warnings }: SyncRun, trust: Trust, before: Manifest | undefined) {
  if (trust.result === 'unverified')
    warnings.push(`the signature was not checked: ${trust.reason}`);
  if (trust.result === 'unsigned' && before?.trust.result === 'verified')
    warnings.push('repomd.xml is not signed, as that of the revision before was');
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
      `${index.elsewhere} packages lie at another address (xml:base): this server hands them out, and signs the metadata itself`,
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

function isSame(before: Manifest, repomd: Buffer): boolean {
  const sha256 = hash('sha256', repomd);
  return before.files.some((f) => f.type === 'repomd' && f.sha256 === sha256);
}

/** Notes what upstream said of the repomd.xml that we now have. */
async function remember({ deps, source }: SyncRun, got: GotRepomd): Promise<void> {
  await deps.syncs.setValidator(source.label, got.upstream.shown, got);
  announce(source.label, 'validator remembered');
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
