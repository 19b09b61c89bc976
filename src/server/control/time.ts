import type { RevisionHistory } from '../../channels/history.ts';
import type { CountedSnapshot } from '../../channels/snapshots.ts';
import type { Moved } from '../../channels/stages.ts';
import type { Move } from '../../store/state/moves.ts';
import type { Snapshot } from '../../store/state/snapshots.ts';
import type { SyncEvent } from './operations.ts';

/** What the command line asks about time: snapshots, stages, history. All throw AppErrors. */
export interface TimeOperations {
  /** Names a revision; at once, whatever its packages. `took` in milliseconds. */
  createSnapshot(request: SnapshotRequest): Promise<Snapshot & { took: number }>;
  /** Counts the packages of a snapshot that are not held; with `fetch` they are fetched before. */
  fillSnapshot(
    label: string,
    request: { name: string; fetch: boolean },
    onEvent: (event: SyncEvent) => void,
  ): Promise<FilledSnapshot>;
  /** Snapshots of a source, or of all where it is null. */
  listSnapshots(label: string | null): Promise<CountedSnapshot[]>;
  /** Gives the labels of stages whose configuration names it: they keep what they offer. */
  removeSnapshot(label: string, name: string): Promise<{ namedBy: string[] }>;
  promoteStage(
    stage: string,
    request: MoveRequest & { to: string | null },
    onEvent: (event: SyncEvent) => void,
  ): Promise<Moved>;
  rollbackStage(
    stage: string,
    request: MoveRequest,
    onEvent: (event: SyncEvent) => void,
  ): Promise<Moved>;
  showHistory(label: string): Promise<SourceHistory>;
}

export interface SnapshotRequest {
  label: string;
  name: string;
  /** A revision or a time; null for what is current. */
  at: string | null;
  by: string;
}

export interface FilledSnapshot {
  packages: number;
  notHeld: number;
  fetched: number;
  /** Those that could not be fetched, and why. */
  failed: { location: string; reason: string }[];
}

export interface MoveRequest {
  by: string;
  /** Null for as the stage says. */
  fetch: boolean | null;
  allowMissing: boolean;
}

export interface SourceHistory {
  label: string;
  revisions: RevisionHistory[];
  /** Of a stage. */
  moves: Move[];
}
