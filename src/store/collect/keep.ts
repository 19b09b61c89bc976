import type { Source } from '../../base/source.ts';
import type { DerivedParent } from '../objects/derived.ts';
import type { KeepingTable, KnownRevision } from '../state/keeping.ts';
import type { Root } from './marks.ts';

/** How a label's past is kept. Times in milliseconds. */
export interface Keeping {
  kind: Source['kind'];
  keepRevisionsMs: number;
  /** Of how many revisions upstream's documents are kept; undefined for all. */
  keepOriginals: number | undefined;
  /** Whether its packages are all fetched by its syncs. */
  immediate: boolean;
}

/** What is kept besides what names refer to. */
export interface Needed {
  /** Revisions that stay as if a name referred to them. */
  revisions: readonly Pick<KnownRevision, 'label' | 'number'>[];
  /** What stays with its packages, although the revision itself may be forgotten: what stages would go back to. */
  objects: readonly DerivedParent[];
}

/** A revision that stays. */
export interface Kept extends Pick<KnownRevision, 'label' | 'number' | 'manifest'> {
  /** Whether clients may be reading it as it is published: it is current, or within its grace. */
  served: boolean;
  /** Whether its own upstream's documents stay; of what it is derived from, `dropping` says that. */
  originals: boolean;
  /** Whether its packages are held on purpose: those of stages, custom sources, snapshots, and of sources that fetch all. */
  onPurpose: boolean;
  /** Whether a name refers to it, or a view is defined by it. */
  named: boolean;
}

export interface Decided {
  staying: Kept[];
  going: KnownRevision[];
}

interface Rules {
  keeping: Keeping | undefined;
  needed: Needed;
  graceMs: number;
  now: number;
}

/**
 * Which revisions of a label stay: those that names refer to, those that are needed, those superseded within the grace, and
 * those that were current within the source's `keep_revisions`. Where there is no source any more, all.
 */
export async function decide(
  table: KeepingTable,
  label: string,
  { keeping, needed, graceMs, now }: Rules,
): Promise<Decided> {
  const pinned = new Set(needed.revisions.filter((r) => r.label === label).map((r) => r.number));
  const decided: Decided = { staying: [], going: [] };
  const revisions = await table.revisions(label);
  for (const [age, revision] of revisions.entries()) {
    const { number, manifest, refs, supersededAt, publishedAt } = revision;
    const unused = now - Date.parse(supersededAt ?? publishedAt);
    const isCurrent = refs.includes('current');
    const served = isCurrent || (supersededAt !== null && unused < graceMs);
    const isYoung = !keeping || unused < Math.max(keeping.keepRevisionsMs, graceMs);
    const named = refs.length > 0 || pinned.has(number);
    if (!named && !served && !isYoung) {
      decided.going.push(revision);
      continue;
    }
    decided.staying.push({
      label,
      number,
      manifest,
      served,
      originals: served || age < (keeping?.keepOriginals ?? Number.POSITIVE_INFINITY),
      onPurpose:
        keeping?.kind === 'stage' ||
        keeping?.kind === 'custom' ||
        keeping?.immediate === true ||
        refs.some((name) => name !== 'current'),
      named,
    });
  }
  return decided;
}

/** What an object that is needed leads to, of a source that is kept so. */
export const neededRoot = (
  { label, revision, manifest }: DerivedParent,
  keeping: Keeping | undefined,
): Root => ({
  ...{ label, number: revision, manifest },
  ...{ served: false, originals: keeping?.keepOriginals === undefined, onPurpose: true },
});
