import type { SyncRecord } from '../../store/state/syncs.ts';

/**
 * What the command line asks of a data folder. Two implementations: the application itself, and the client that asks
 * the process which holds the folder. Everything is JSON. All throw AppErrors.
 */
export interface Operations {
  listSources(): Promise<SourceSummary[]>;
  showSource(label: string): Promise<SourceDetails>;
  /** Adds a source; the definition is one of the configuration file, with absolute paths. */
  addSource(definition: unknown): Promise<SourceSummary>;
  /** Removes a source that was added by command, or what is left of one that vanished from the file. */
  removeSource(label: string): Promise<void>;
  /** Syncs sources, or all; `onEvent` hears how far they are. Joins a sync that is running. */
  sync(request: SyncRequest, onEvent: (event: SyncEvent) => void): Promise<SyncResult[]>;
  doctor(): Promise<Check[]>;
}

export interface SourceSummary {
  label: string;
  name: string;
  arch: string | null;
  /** Where it is mirrored from, without credentials. */
  upstream: string;
  /** `file`, `state`, or `none` for one that vanished from the configuration file. */
  origin: 'file' | 'state' | 'none';
  revision: number | null;
  packages: number | null;
  lastSync: { at: string; outcome: string; reason: string | null } | null;
  nextSync: string | null;
}

export interface SourceDetails extends SourceSummary {
  parent: string | null;
  release: string | null;
  policy: {
    packages: string;
    verifyRepomd: string;
    verifyPackages: string;
    gpgKeys: string[];
    sync: string;
  };
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
  advisoriesNew: number | null;
  setAsideCount: number;
  setAside: { document: string; reason: string }[];
  warnings: string[];
  /** Milliseconds. */
  took: number;
}

/** One thing that `doctor` looked at. */
export interface Check {
  name: string;
  status: 'ok' | 'warning' | 'failed';
  detail: string;
}
