import pLimit from 'p-limit';
import type { Checksum } from '../base/digest.ts';
import { explain, oneLine } from '../base/errors.ts';
import { type Limits, limits } from '../base/limits.ts';
import { announce } from '../base/steps.ts';
import type { Repomd, RepomdData } from '../repodata/repomd.ts';
import type { Manifest, ManifestFile } from '../store/objects/manifest.ts';
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
  const known = new Map((before?.files ?? []).map((f) => [keyOf(f.checksum), f]));
  const held = new Map<RepomdData, ManifestFile>();
  const remarks: string[] = [];
  for (const data of repomd.data) {
    const file = await findHeld(run, data, known);
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

async function findHeld(
  { deps }: SyncRun,
  data: RepomdData,
  before: ReadonlyMap<string | undefined, ManifestFile>,
): Promise<ManifestFile | undefined> {
  const { checksum } = data;
  if (!checksum) return undefined;
  const known = before.get(keyOf(checksum));
  const sha256 = checksum.type === 'sha256' ? checksum.value : known?.sha256;
  const found = sha256 ? await deps.objects.find(sha256) : undefined;
  // One that was cut short on this disk is none, nor is one that may have been: it is fetched again.
  const expected = known?.size ?? data.size;
  const object = expected !== undefined && expected !== found?.size ? undefined : found;
  return (
    object && {
      path: data.href,
      type: data.type,
      sha256: object.sha256,
      size: object.size,
      checksum,
    }
  );
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
