import pLimit from 'p-limit';
import { sameChecksum } from '../base/digest.ts';
import { explain } from '../base/errors.ts';
import { type Limits, limits } from '../base/limits.ts';
import { announce } from '../base/steps.ts';
import type { Repomd, RepomdData } from '../repodata/repomd.ts';
import { inspect } from '../store/objects/inspect.ts';
import { type Manifest, type ManifestFile, missingObjects } from '../store/objects/manifest.ts';
import type { Objects } from '../store/objects/objects.ts';
import { bound, fetchObject } from './fetch.ts';
import { isAbsent } from './located.ts';
import { needed, type SyncRun } from './sync-run.ts';
import { together } from './together.ts';

/**
 * The documents that repomd.xml lists: those that we have already, and the others fetched, several at a time. `onFile`
 * hears of each as soon as it is here.
 */
export async function fetchDocuments(
  run: SyncRun,
  repomd: Repomd,
  { before, onFile }: { before: Manifest | undefined; onFile: (file: ManifestFile) => void },
): Promise<ManifestFile[]> {
  const held = new Map<RepomdData, ManifestFile>();
  for (const data of repomd.data) {
    const file = await findHeld(run, data, before);
    if (!file) continue;
    held.set(data, file);
    onFile(file);
  }
  const missing = repomd.data.filter((d) => !held.has(d));
  run.tell({ step: 'fetch', totalBytes: missing.reduce((sum, d) => sum + (d.size ?? 0), 0) });
  const slots = pLimit(limits.parallelFetches);
  const fetched = await together(run.signal, missing, (data, stop) =>
    slots(async () => {
      const file = await fetchDocument(run, data, stop);
      if (file) onFile(file);
      return file;
    }),
  );
  return [...held.values(), ...fetched.filter((f) => f !== undefined)];
}

/**
 * A document that is there already. One that the revision before has not is read through: nobody else may have noticed
 * that it is damaged, as it is of a source that is gone.
 */
async function findHeld(
  { deps, signal }: SyncRun,
  data: RepomdData,
  before: Manifest | undefined,
): Promise<ManifestFile | undefined> {
  const { checksum } = data;
  if (!checksum) return undefined;
  const known = before?.files.find((f) => f.checksum && sameChecksum(f.checksum, checksum));
  const sha256 = checksum.type === 'sha256' ? checksum.value : known?.sha256;
  const found = sha256 ? await deps.objects.find(sha256) : undefined;
  // One that was cut short on this disk is none, nor is one that may have been: it is fetched again.
  const expected = known?.size ?? data.size;
  if (!found || (expected !== undefined && expected !== found.size)) return undefined;
  const carried = known?.sha256 === found.sha256 && (await isWhole(deps.objects, before!));
  if (!carried) {
    const { state } = await inspect(deps.objects, found.sha256, { checksum, signal });
    if (state !== 'intact') return undefined;
  }
  return { path: data.href, type: data.type, sha256: found.sha256, size: found.size, checksum };
}

const looked = new WeakMap<Manifest, Promise<boolean>>();

/** Whether all of a revision is there: what its documents are cut into need not be cut again. Looked at once. */
function isWhole(objects: Objects, manifest: Manifest): Promise<boolean> {
  const whole =
    looked.get(manifest) ?? missingObjects(objects, manifest).then((lost) => lost.length === 0);
  looked.set(manifest, whole);
  return whole;
}

async function fetchDocument(
  { deps, source, mirrors, warnings, onBytes, upstreamMovedOn }: SyncRun,
  data: RepomdData,
  stop: AbortSignal,
): Promise<ManifestFile | undefined> {
  const { href: path, type, checksum } = data;
  try {
    const wanted = {
      path,
      checksum,
      limit: bound(documentLimit(type), data.size),
      size: data.size,
    };
    const { sha256, size } = await fetchObject(deps, mirrors, wanted, {
      signal: stop,
      onBytes,
      onStep: (step) => announce(source.label, `document ${step}`),
      // What was damaged on this disk is fetched again, too.
      commit: { replace: true },
    });
    if (!checksum) warnings.push(`repomd.xml gives no checksum for ${type}`);
    if (data.size !== undefined && data.size !== size) {
      warnings.push(`repomd.xml gives ${data.size} as the size of ${type}; it has ${size}`);
    }
    return { path, type, sha256, size, checksum };
  } catch (error) {
    if (!isAbsent(error) || needed.has(type) || (await upstreamMovedOn())) throw error;
    warnings.push(`${type} is listed but missing upstream: ${explain(error)}`);
    return undefined;
  }
}

const kinds: Readonly<Record<string, keyof Limits>> = {
  primary: 'primary',
  filelists: 'filelists',
  other: 'other',
  updateinfo: 'updateinfo',
  group: 'comps',
  group_gz: 'comps',
  group_xz: 'comps',
  modules: 'modules',
};

/** Most bytes that a document of this type may have as sent. */
function documentLimit(type: string): number {
  return limits[Object.hasOwn(kinds, type) ? kinds[type]! : 'document'];
}
