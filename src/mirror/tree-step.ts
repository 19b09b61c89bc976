import { hash } from 'node:crypto';
import pLimit from 'p-limit';
import { sameChecksum } from '../base/digest.ts';
import { AppError, explain } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { shownBytes } from '../base/units.ts';
import { readTreeinfo, type Treeinfo } from '../repodata/treeinfo.ts';
import { findHolding } from '../store/collect/find-holding.ts';
import { inspect } from '../store/objects/inspect.ts';
import type { Manifest, ManifestFile } from '../store/objects/manifest.ts';
import { fetchObject } from './fetch.ts';
import { isAbsent, located } from './located.ts';
import { readSmall, withMirrors } from './mirrors.ts';
import type { SyncRun } from './sync-run.ts';
import { together } from './together.ts';

/** A `.treeinfo` as it came, and read. */
export interface GotTreeinfo {
  path: string;
  bytes: Buffer;
  info: Treeinfo;
}

/** The source's `.treeinfo`, or `treeinfo`; undefined if it has none, or none is wanted. Throws AppErrors. */
export async function fetchTreeinfo({
  source,
  mirrors,
  signal,
}: Pick<SyncRun, 'source' | 'mirrors' | 'signal'>): Promise<GotTreeinfo | undefined> {
  if (!source.installationTree) return undefined;
  for (const path of ['.treeinfo', 'treeinfo']) {
    try {
      return await withMirrors(mirrors, signal, async (upstream) => {
        const answer = await upstream.get(path, { signal });
        const shown = upstream.shown + path;
        const bytes = await readSmall(answer, shown);
        try {
          return { path, bytes, info: readTreeinfo(bytes.toString('utf8')) };
        } catch (error) {
          throw located(error, shown);
        }
      });
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }
  return undefined;
}

/** Whether a revision has the tree that upstream has now, or neither has one. */
export function isSameTree(got: GotTreeinfo | undefined, before: Manifest): boolean {
  const had = before.files.find((f) => f.type === 'treeinfo');
  return had?.path === got?.path && had?.sha256 === (got && hash('sha256', got.bytes));
}

/**
 * The files of the installation tree: those that the revision before has already, and the others fetched, several at a time.
 * `absent` names those that upstream does not have, as a manifest does.
 */
export async function fetchTree(
  run: SyncRun,
  got: GotTreeinfo | undefined,
  before: Manifest | undefined,
): Promise<{ files: ManifestFile[]; absent: string[] }> {
  const { deps, source, signal, warnings } = run;
  if (!got) {
    if (source.installationTree) warnings.push('upstream has no .treeinfo: no installation tree');
    return { files: [], absent: [] };
  }
  run.tell({ step: 'tree' });
  remark(run, got);
  const own: ManifestFile = {
    path: got.path,
    type: 'treeinfo',
    sha256: await deps.objects.put(got.bytes),
    size: got.bytes.length,
    checksum: undefined,
  };
  const slots = pLimit(limits.parallelFetches);
  const budget = { left: limits.installationTree };
  const same = before !== undefined && isSameTree(got, before);
  const files = await together(signal, got.info.files, (file, stop) =>
    slots(
      async () =>
        (await findHeld(run, file, { before, same })) ??
        (await fetchFile({ ...run, signal: stop }, file, budget)),
    ),
  );
  const absent = got.info.files.filter((_, i) => !files[i]).map(({ path }) => `tree:${path}`);
  return { files: [own, ...files.filter((f) => f !== undefined)], absent };
}

function remark({ warnings }: SyncRun, { path, info }: GotTreeinfo): void {
  const { setAside, variants, files } = info;
  if (setAside.length > 0) {
    warnings.push(`${path}: ${setAside.length} entries are set aside, the first: ${setAside[0]}`);
  }
  const bare = files.filter((f) => !f.checksum);
  if (bare.length > 0) {
    warnings.push(
      `${path} gives no checksum for ${bare.length} files, the first: ${bare[0]!.path}`,
    );
  }
  if (variants.length > 0) {
    const named = variants.slice(0, 5).map((v) => `${v.id} (${v.repository}/)`);
    warnings.push(
      `${path} has variants with repositories of their own, to be mirrored as sources of their own: ${named.join(', ')}`,
    );
  }
}

/** A file that is there already: with the revision before, or from a sync that came to nothing. */
async function findHeld(
  { deps, lease, signal }: SyncRun,
  { path, checksum }: Treeinfo['files'][number],
  { before, same }: { before: Manifest | undefined; same: boolean },
): Promise<ManifestFile | undefined> {
  const old = before?.files.find((f) => f.path === path && f.type === 'tree');
  const isOld = checksum ? old?.checksum && sameChecksum(old.checksum, checksum) : same;
  if (old && isOld) {
    await lease.hold([old.sha256]);
    const object = await deps.objects.find(old.sha256);
    if (object?.size === old.size) return old;
  }
  const found = checksum && (await findHolding(deps.objects, lease, checksum));
  if (!found) return undefined;
  // Its size is not known: it is read through.
  const { state } = await inspect(deps.objects, found.sha256, { checksum, signal });
  if (state !== 'intact') return undefined;
  return { path, type: 'tree', sha256: found.sha256, size: found.size, checksum };
}

async function fetchFile(
  { deps, mirrors, signal, warnings, onBytes, upstreamMovedOn }: SyncRun,
  { path, checksum }: Treeinfo['files'][number],
  budget: { left: number },
): Promise<ManifestFile | undefined> {
  try {
    const wanted = { path, checksum, limit: limits.document };
    const { sha256, size } = await fetchObject(deps, mirrors, wanted, {
      signal,
      // What was damaged on this disk is fetched again, too.
      commit: { replace: true },
      onBytes(count) {
        onBytes(count);
        budget.left -= count;
        if (budget.left >= 0) return;
        throw new AppError(
          'limit',
          `the installation tree is larger than ${shownBytes(limits.installationTree)}`,
        );
      },
    });
    if (checksum) await deps.objects.alias(checksum, sha256);
    return { path, type: 'tree', sha256, size, checksum };
  } catch (error) {
    if (!isAbsent(error) || (await upstreamMovedOn())) throw error;
    warnings.push(`${path} is listed but missing upstream: ${explain(error)}`);
    return undefined;
  }
}
