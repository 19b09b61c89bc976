import { AppError } from '../base/errors.ts';
import type { MirroredSource } from '../base/source.ts';
import type { Catalogue } from '../store/catalogue/catalogue.ts';
import type { Lease, Leases } from '../store/collect/leases.ts';
import type { RevisionTable } from '../store/state/revisions.ts';
import type { SyncTable } from '../store/state/syncs.ts';
import type { FetchDeps } from './fetch.ts';
import type { Mirrors } from './mirrors.ts';
import type { PackageTrust } from './trust/package-trust.ts';

export interface SyncDeps extends FetchDeps {
  dataFolder: string;
  leases: Leases;
  catalogue: Catalogue;
  revisions: RevisionTable;
  syncs: SyncTable;
  packageTrust: PackageTrust;
}

/** How far a sync is. Bytes as fetched; totals where they are known. */
export interface SyncProgress {
  step: 'repomd' | 'fetch' | 'tree' | 'cut' | 'index' | 'packages';
  bytes: number;
  totalBytes: number;
  packages: number;
  /** rpms that this sync fetched. */
  packagesFetched: number;
}

export interface SyncOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: SyncProgress) => void) | undefined;
  /** Takes a repomd.xml that is older than the one we have. */
  allowOlder?: boolean | undefined;
  /** Takes nothing over from the revision before: its manifest is damaged. */
  anew?: boolean | undefined;
}

/** One try at a sync: what its steps share. */
export interface SyncRun {
  deps: SyncDeps;
  source: MirroredSource;
  mirrors: Mirrors;
  /** Of the whole sync: what it found, and what it is about to publish. */
  lease: Lease;
  signal: AbortSignal | undefined;
  /** Sentences for the history; steps add theirs. */
  warnings: string[];
  /** Packages that were refused, for the history. */
  refused: { document: string; reason: string }[];
  progress: SyncProgress;
  /** Changes the progress and reports it. */
  tell(change: Partial<SyncProgress>): void;
  onBytes(count: number): void;
  /** Whether repomd.xml, or .treeinfo, is another by now than the one that this run works on. */
  upstreamMovedOn(): Promise<boolean>;
}

/** Documents that dnf does not do without if repomd.xml lists them: they have to be there. */
export const needed: ReadonlySet<string> = new Set([
  'primary',
  'filelists',
  'updateinfo',
  'modules',
]);

/** What the tries of a sync know of each other. */
export interface Working {
  /** The repomd.xml and the .treeinfo that the try under way works on, once they are known. */
  on?: Buffer | undefined;
  tree?: Buffer | undefined;
  /** The mirror that gave that repomd.xml. */
  from?: string | undefined;
  /** The newest timestamp of any repomd.xml that this sync worked on, in seconds; 0 before. */
  newest: number;
}

/** Throws AppError 'cancelled' if the run is to end. */
export function throwIfCancelled({ signal }: Pick<SyncRun, 'signal'>): void {
  if (signal?.aborted) throw new AppError('cancelled', 'the sync was cancelled');
}
