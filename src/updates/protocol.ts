import { type UpdateKind, updateKinds } from '../base/update-kinds.ts';
import type { Seen } from './loader.ts';
import type {
  AdvisoryDetails,
  AdvisoryQuery,
  AdvisorySummary,
  AvailableUpdate,
  Build,
  FleetSummary,
  InstanceAdvisory,
  InstanceModule,
  View,
} from './updates.ts';

/** What instances see that have the same channels and architecture. */
export interface SeenList {
  number: number;
  arch: string;
  now: Seen[];
  /** Besides what there is now. */
  behind: Seen[];
}

/** What changed since the thread was told last. */
export interface Delta {
  /** Numbers count the deltas from 1; the first one says everything. */
  number: number;
  lists: SeenList[];
  /** Lists that nobody has any more. */
  goneLists: number[];
  /** Instances with the number of their list: new ones, and those that have another one now. */
  placed: [instance: number, list: number][];
  /** Instances of which packages or modules may have changed. */
  dirty: number[];
  gone: number[];
}

/** A mirrored source's current revision. */
export interface Mirrored {
  label: string;
  manifest: string;
}

export type UpdatesJob = { after: number; delta?: Delta | undefined } & UpdatesQuestion;

export type UpdatesQuestion =
  | { op: 'settle' }
  | { op: 'of'; instance: number; view: View }
  | { op: 'installable' | 'modules'; instance: number }
  | { op: 'advisoriesOf'; instance: number; mirrored: Mirrored[] }
  | { op: 'builds'; instance: number; kinds: readonly UpdateKind[] | 'all' }
  | { op: 'counts'; instances?: readonly number[] | undefined }
  | { op: 'summary'; instances?: readonly number[] | undefined; mirrored: Mirrored[] }
  | { op: 'affected'; about: { advisory: string } | { cve: string }; mirrored: Mirrored[] }
  | { op: 'search'; query: AdvisoryQuery; mirrored: Mirrored[] }
  | { op: 'advisory'; id: string; mirrored: Mirrored[] };

/** Of each instance its number, then as many values as there are `countColumns`. */
export interface PackedCounts {
  instances: Float64Array;
  values: Int32Array;
}

export const countColumns = [...updateKinds, 'total', 'heldBack', 'reboot', 'reported'] as const;

/** The places of the columns. */
export const columns = Object.fromEntries(countColumns.map((name, i) => [name, i])) as Record<
  (typeof countColumns)[number],
  number
>;

/** Instances that an advisory concerns; `why` is the place of its packages in `reasons`. */
export interface PackedAffected {
  instances: Float64Array;
  affected: Uint8Array;
  available: Uint8Array;
  why: Int32Array;
  reasons: { installed: string; needed: string }[][];
}

export type UpdatesAnswer =
  | AvailableUpdate[]
  | { build: Build; sources: string[] }[]
  | InstanceAdvisory[]
  | InstanceModule[]
  | Build[]
  | PackedCounts
  | FleetSummary
  | PackedAffected
  | AdvisorySummary[]
  | AdvisoryDetails
  | undefined;
