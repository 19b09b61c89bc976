import pLimit from 'p-limit';
import type { Checksum } from '../base/digest.ts';
import { explain, oneLine } from '../base/errors.ts';
import { type Limits, limits } from '../base/limits.ts';
import { announce } from '../base/steps.ts';
import type { Repomd, RepomdData } from '../repodata/repomd.ts';
import { inspect } from '../store/objects/inspect.ts';
import type { Manifest, ManifestFile } from '../store/objects/manifest.ts';
import { bound, fetchObject } from './fetch.ts';
import { isAbsent } from './located.ts';
import { needed, type SyncRun } from './sync-run.ts';
import { together } from './together.ts';

interface FetchTo {
  before: Manifest | undefined;
  /** Whether all of that revision is there: what its documents are cut into need not be cut again. */
  whole: boolean;
  onFile: (file: ManifestFile) => void;
}

/**
 * The documents that repomd.xml lists: those that we have already, and the others fetched, several at a time. `onFile`
 * hears of each as soon as it is here.
 */
export async function fetchDocuments(
  run: SyncRun,
  repomd: Repomd,
  { before, whole, onFile }: FetchTo,
): Promise<ManifestFile[]> {
  const known = new Map((before?.files ?? []).map((f) => [keyOf(f.checksum), f]));
  const held = new Map<RepomdData, ManifestFile>();
  const remarks: string[] = [];
  for (const data of repomd.data) {
    const file = await findHeld(run, data, { known, whole });
    if (!file) continue;
    held.set(data, file);
    onFile(file);
  }
  const missing = repomd.data.filter((d) => !held.has(d));
  run.tell({ step: 'fetch', totalBytes: missing.reduce((sum, d) => sum + (d.size ?? 0), 0) });
  const slots = pLimit(limits.parallelFetches);
  const fetched = await together(run.signal, missing, (data, stop) =>
    slots(async () => {
      const file = await fetchDocument(run, data, { stop, remarks });
      if (file) onFile(file);
      return file;
    }),
  );
  run.warnings.push(...remarks.slice(0, shownRemarks).map(oneLine));
  if (remarks.length > shownRemarks)
    run.warnings.push(`and ${remarks.length - shownRemarks} more of such documents`);
  return [...held.values(), ...fetched.filter((f) => f !== undefined)];
}

/** Remarks on documents that a history keeps. */
const shownRemarks = 100;

/** What two checksums have in common that are the same: sha is another name of sha1. */
const keyOf = (checksum: Checksum | undefined): string | undefined =>
  checksum && `${checksum.type.replace(/^sha$/, 'sha1')} ${checksum.value}`;

/**
 * A document that is there already. One that the revision before has not is read through: nobody else may have noticed
 * that it is damaged, as it is of a source that is gone.
 */
async function findHeld(
  { deps, lease, signal }: SyncRun,
  data: RepomdData,
  before: { known: ReadonlyMap<string | undefined, ManifestFile>; whole: boolean },
): Promise<ManifestFile | undefined> {
  const { checksum } = data;
  if (!checksum) return undefined;
  const known = before.known.get(keyOf(checksum));
  const sha256 = checksum.type === 'sha256' ? checksum.value : known?.sha256;
  if (sha256) await lease.hold([sha256]);
  const found = sha256 ? await deps.objects.find(sha256) : undefined;
  // One that was cut short on this disk is none, nor is one that may have been: it is fetched again.
  const expected = known?.size ?? data.size;
  if (!found || (expected !== undefined && expected !== found.size)) return undefined;
  const carried = before.whole && known?.sha256 === found.sha256;
  if (!carried) {
    const { state } = await inspect(deps.objects, found.sha256, { checksum, signal });
    if (state !== 'intact') return undefined;
  }
  return { path: data.href, type: data.type, sha256: found.sha256, size: found.size, checksum };
}

async function fetchDocument(
  { deps, source, mirrors, onBytes, upstreamMovedOn }: SyncRun,
  data: RepomdData,
  { stop, remarks }: { stop: AbortSignal; remarks: string[] },
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
    if (!checksum) remarks.push(`repomd.xml gives no checksum for ${type}`);
    if (data.size !== undefined && data.size !== size) {
      remarks.push(`repomd.xml gives ${data.size} as the size of ${type}; it has ${size}`);
    }
    return { path, type, sha256, size, checksum };
  } catch (error) {
    if (!isAbsent(error) || needed.has(type) || (await upstreamMovedOn())) throw error;
    remarks.push(`${type} is listed but missing upstream: ${explain(error)}`);
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
