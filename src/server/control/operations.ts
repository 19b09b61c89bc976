import type { Filters } from '../../base/filters.ts';
import type { Source, SourceDefinition } from '../../base/source.ts';
import type { Diff } from '../../channels/diff/diff.ts';
import type { KeyState } from '../../channels/signing/keys.ts';
import type { SyncRecord } from '../../store/state/syncs.ts';
import type { AccessOperations } from './access.ts';
import type { ActionOperations } from './actions.ts';
import type { CheckOperations } from './checks.ts';
import type { CustomOperations } from './custom.ts';
import type { FleetOperations } from './fleet.ts';
import type { IdentityOperations } from './identity.ts';
import type { JobOperations } from './jobs.ts';
import type { LensOperations } from './lenses.ts';
import type { NotificationOperations } from './notifications.ts';
import type { PreviewOperations } from './preview.ts';
import type { RunOperations } from './runs.ts';
import type { TimeOperations } from './time.ts';
import type { UpdateOperations } from './updates.ts';

/**
 * What the command line asks of a data folder. Two implementations: the application itself, and the client that asks
 * the process which holds the folder. Everything is JSON. All throw AppErrors.
 */
export interface Operations
  extends TimeOperations,
    AccessOperations,
    ActionOperations,
    CheckOperations,
    CustomOperations,
    FleetOperations,
    IdentityOperations,
    JobOperations,
    LensOperations,
    NotificationOperations,
    PreviewOperations,
    RunOperations,
    UpdateOperations {
  listSources(): Promise<SourceSummary[]>;
  /** How these sources are: little of each, for lists of many. */
  sourceStates(labels: string[]): Promise<SourceState[]>;
  /** The instances that have a source, by name. `compartment` is its path; null for the root. */
  instancesWith(label: string): Promise<{ id: number; name: string; compartment: string | null }[]>;
  showSource(label: string): Promise<SourceDetails>;
  /** Adds a source; the definition is one of the configuration file, with absolute paths. Refuses a view that cannot be served. */
  addSource(definition: unknown): Promise<DefinedSource>;
  /** A source as the configuration file would define it, with everything that was left out still left out. */
  sourceDefinition(label: string): Promise<SourceDefinition>;
  /** Gives a source that was added by command another definition of the same kind. Refuses a view that cannot be served. */
  changeSource(label: string, definition: unknown): Promise<DefinedSource>;
  /** Removes a source that was added by command, or what is left of one that vanished from the file. */
  removeSource(label: string): Promise<void>;
  /** Stops the schedule of a source, or lets it go on. Kept over restarts; not part of the definition. */
  pauseSource(label: string): Promise<SourceSummary>;
  resumeSource(label: string): Promise<SourceSummary>;
  /** Gives a source that was added by command other base URLs, which are absolute. */
  setSourceUrls(label: string, urls: string[]): Promise<SourceSummary>;
  /**
   * Gives a view that was added by command other filters, as the configuration file writes them; none to have all. Refuses those
   * with which it cannot be served.
   */
  setFilters(label: string, filters: unknown[]): Promise<DefinedSource>;
  /** Compares two revisions, each as `label` or `label@` with a revision, snapshot or time. */
  diff(before: string, after: string): Promise<DiffResult>;
  /** Syncs sources, or all; `onEvent` hears how far they are. Joins a sync that is running. */
  sync(request: SyncRequest, onEvent: (event: SyncEvent) => void): Promise<SyncResult[]>;
  /** Breaks off the syncs and verifications of these sources, or all, and waits until they have ended. */
  cancelSync(labels: string[]): Promise<CancelResult[]>;
  /** Reads all that is stored for a source's current revision through, and repairs what is broken if that is wanted. */
  verifySource(
    label: string,
    options: { repair: boolean },
    onEvent: (event: SyncEvent) => void,
  ): Promise<VerifyResult>;
  /** Makes the catalogue again from objects and state; what is there answers until then. */
  rebuildCatalogue(onEvent: (event: SyncEvent) => void): Promise<RebuildResult>;
  /** Frees the space of what nobody needs any more; `onEvent` hears what goes before anything does. */
  gc(request: { dryRun: boolean }, onEvent: (event: GcEvent) => void): Promise<GcResult>;
  doctor(): Promise<Check[]>;
  /** Makes sure that there is a key to sign with. The data folder is there once anything was asked. */
  initialise(): Promise<Initialised>;
  listKeys(): Promise<KeyState[]>;
  /** Adds a new key beside the others; gives its fingerprint. */
  rotateKey(): Promise<string>;
  /** Destroys a key; gives its fingerprint. */
  retireKey(fingerprint: string): Promise<string>;
  /** The public keys of all active ones, armoured; empty if there are none. */
  exportKeys(): Promise<string>;
}

export interface Initialised {
  data: string;
  /** Whether the key was made just now. */
  made: boolean;
  /** Of the active keys. */
  fingerprints: string[];
  /** Where clients get the public keys. */
  url: string;
}

export interface SourceSummary {
  label: string;
  name: string;
  arch: string | null;
  /** `mirrored`, `view`, `stage` or `custom`; null for one that vanished from the configuration file. */
  kind: Source['kind'] | null;
  /** Where it is mirrored from, without credentials; empty for the other kinds. */
  upstream: string;
  /** What a view or a stage is made of now; before its first revision, what it will be made of, without revisions. */
  parents: { label: string; revision: number | null }[];
  /** `file`, `state`, or `none` for one that vanished from the configuration file. */
  origin: 'file' | 'state' | 'none';
  revision: number | null;
  packages: number | null;
  lastSync: { at: string; outcome: string; reason: string | null } | null;
  nextSync: string | null;
  /** Whether its schedule is stopped until `resume`. */
  paused: boolean;
  /** Why what is served of a view or a stage is not up to date; null where it is. */
  problem: string | null;
}

export interface SourceState {
  label: string;
  packages: number | null;
  /** Of the last sync: whether all went well, with remarks, or not, as upstream did not answer or for another reason. Of what is made of others, whether that could be done. */
  status: 'normal' | 'warning' | 'unreachable' | 'error';
}

/** A source that was defined just now. */
export interface DefinedSource extends SourceSummary {
  /** Of a view: what people should know, a sentence each. `packages` are those that it has from now on. */
  remarks?: string[];
}

export interface SourceDetails extends SourceSummary {
  parent: string | null;
  release: string | null;
  /** Of a mirrored source. */
  policy: {
    packages: string;
    newest: number | null;
    installationTree: boolean;
    verifyRepomd: string;
    verifyPackages: string;
    gpgKeys: string[];
    sync: string;
  } | null;
  /** Of a view or a stage: how it is defined, and what is to be said of its content. */
  made: {
    /** What it draws from, in order of priority. */
    from: string[];
    filters: Filters | null;
    strict: boolean | { with: string[] } | null;
    /** What a stage offers at first; null where that is left to `promote`. */
    at: string | null;
    fetch: boolean | null;
    remarks: string[];
  } | null;
  url: string;
  published: string | null;
  upstreamRevision: string | null;
  /** What the check of repomd.xml's signature found: `key` is a primary key's fingerprint, `keyId` the key that signed. */
  trust: { result: string; key?: string; keyId?: string; problem?: string; reason?: string } | null;
  /** The keys that are kept with the revision: where they came from, and the fingerprints of their primary keys. */
  keys: { from: string; fingerprints: string[] }[];
  documents: { type: string; path: string; bytes: number }[];
  history: SyncRecord[];
}

export interface DiffResult extends Diff {
  before: ComparedRevision;
  after: ComparedRevision;
}

export interface ComparedRevision {
  label: string;
  /** Null for a view as it was at a time. */
  revision: number | null;
}

export interface SyncRequest {
  /** Empty for all. */
  labels: string[];
  allowOlder?: boolean;
}

export interface SyncEvent {
  label: string;
  step: string;
  bytes: number;
  totalBytes: number;
  packages: number;
}

export interface SyncResult {
  label: string;
  outcome: 'updated' | 'unchanged' | 'failed' | 'cancelled';
  reason: string | null;
  kind: string | null;
  revision: number | null;
  bytes: number;
  packages: number | null;
  packagesAdded: number | null;
  packagesRemoved: number | null;
  /** rpms that the sync itself fetched. */
  packagesFetched: number;
  advisoriesNew: number | null;
  setAsideCount: number;
  setAside: { document: string; reason: string }[];
  warnings: string[];
  /** Milliseconds. */
  took: number;
  /** Whether the source's schedule is stopped. */
  paused: boolean;
}

export interface CancelResult {
  label: string;
  /** How the sync or the verification ended; null where none was running. */
  outcome: string | null;
}

/** What verifying came to; `src/mirror/verify.ts` says what the words mean. */
export interface VerifyResult {
  label: string;
  /** The revision that was looked at, and that which is current now. */
  revision: number;
  current: number;
  objects: number;
  packages: number;
  bytes: number;
  problems: {
    kind: string;
    path: string;
    sha256: string;
    problem: string;
    repair: 'fetched' | 'cut' | 'synced' | 'removed' | null;
    reason: string | null;
  }[];
  /** Whether nothing is wrong any more. */
  intact: boolean;
}

export interface RebuildResult {
  sources: number;
  revisions: number;
  /** Revisions of which objects are lost, so that what they held is known no more. */
  skipped: { label: string; revision: number; reason: string }[];
  /** Milliseconds. */
  took: number;
}

export interface GcEvent {
  step: 'plan';
  plan: Pick<GcResult, 'lines' | 'bytes' | 'revisions'>;
}

/** What was freed, or would be. */
export interface GcResult {
  dryRun: boolean;
  /**
   * By source and kind. Sources in brackets are none: `(shared)` is what several had, `(left over)` what no revision leads to.
   * Rows of the catalogue have no bytes: its file does not get smaller, it uses them again.
   */
  lines: { source: string; kind: string; count: number; bytes: number }[];
  bytes: number;
  /** Revisions that are forgotten. */
  revisions: { label: string; numbers: number[] }[];
  /** Milliseconds. */
  took: number;
}

/** One thing that `doctor` looked at. */
export interface Check {
  name: string;
  status: 'ok' | 'warning' | 'failed';
  detail: string;
}
