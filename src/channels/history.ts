import type { Catalogue } from '../store/catalogue/catalogue.ts';
import { findRevision } from '../store/objects/derived.ts';
import type { Objects } from '../store/objects/objects.ts';
import { hasOriginals } from '../store/objects/originals.ts';
import type { Move, MoveTable } from '../store/state/moves.ts';
import type { Revision, RevisionTable } from '../store/state/revisions.ts';
import type { SnapshotTable } from '../store/state/snapshots.ts';
import type { SyncRecord, SyncTable } from '../store/state/syncs.ts';

/** A revision of a source, and what became of it. Times in RFC 3339. */
export interface RevisionHistory {
  number: number;
  published: string;
  /** `sync`, `made` (of a view), how a stage was moved, or `lost` where its object is gone. */
  origin: 'sync' | 'made' | Move['kind'] | 'lost';
  /** Who moved the stage. */
  by: string | null;
  /** What it was made of; empty where it was mirrored. */
  parents: { label: string; revision: number | null }[];
  /** Counts are null where they are not known. */
  packages: number | null;
  added: number | null;
  removed: number | null;
  snapshots: string[];
  /** Since when it is not current any more. */
  superseded: string | null;
  /** Of a mirrored revision: whether upstream's big documents are kept. */
  originals: boolean | null;
}

export interface HistoryDeps {
  objects: Objects;
  catalogue: Catalogue;
  revisions: RevisionTable;
  snapshots: SnapshotTable;
  syncs: SyncTable;
  moves: MoveTable;
}

/** Tells what a source was over time. */
export function createHistory(deps: HistoryDeps) {
  const { objects, catalogue, revisions } = deps;

  const count = ({ label, number, packages, derived }: Revision): number | null =>
    packages ?? (derived ? null : catalogue.count(label, number));

  async function entry(revision: Revision, known: Known): Promise<RevisionHistory> {
    const { number, manifest } = revision;
    const object = await findRevision(objects, manifest);
    const sync = known.syncs.get(number);
    const move = known.moves.get(number);
    const mirrored = object?.kind === 'mirrored' ? object.manifest : undefined;
    const parents = object?.kind === 'derived' ? object.derived.parents : [];
    return {
      number,
      published: revision.publishedAt,
      origin: !object ? 'lost' : mirrored || sync ? 'sync' : (move?.kind ?? 'made'),
      by: move?.by ?? null,
      parents: parents.map((p) => ({ label: p.label, revision: p.revision })),
      packages: sync?.packages ?? count(revision),
      added: sync?.packagesAdded ?? null,
      removed: sync?.packagesRemoved ?? null,
      snapshots: known.snapshots.get(number) ?? [],
      superseded: known.superseded.get(number) ?? null,
      originals: mirrored ? await hasOriginals(objects, mirrored) : null,
    };
  }

  return {
    /** How many packages a revision has; null where that is not known. */
    count,

    /** The revisions of a source that are kept, the newest first. */
    async of(label: string): Promise<RevisionHistory[]> {
      const known: Known = {
        syncs: new Map(),
        moves: new Map((await deps.moves.list(label)).map((m) => [m.revision!, m])),
        snapshots: new Map(),
        superseded: new Map(),
      };
      for (const sync of await deps.syncs.last(label, 1000)) {
        if (sync.outcome === 'updated' && sync.revision !== null) {
          known.syncs.set(sync.revision, sync);
        }
      }
      for (const { name, revision } of await deps.snapshots.list(label)) {
        known.snapshots.set(revision, [...(known.snapshots.get(revision) ?? []), name]);
      }
      for (const { number, supersededAt } of await revisions.supersededSince(label, new Date(0))) {
        known.superseded.set(number, supersededAt);
      }
      const entries: RevisionHistory[] = [];
      for (const revision of (await revisions.after(label, 0)).reverse()) {
        entries.push(await entry(revision, known));
      }
      return entries;
    },
  };
}

interface Known {
  syncs: Map<number, SyncRecord>;
  moves: Map<number, Move>;
  snapshots: Map<number, string[]>;
  superseded: Map<number, string>;
}
