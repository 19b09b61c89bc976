import type { Source } from '../base/source.ts';
import type { Catalogue } from '../store/catalogue/catalogue.ts';
import type { RevisionTable } from '../store/state/revisions.ts';
import type { SyncTable } from '../store/state/syncs.ts';
import type { FetchDeps } from './fetch.ts';
import type { Mirrors } from './mirrors.ts';

export interface SyncDeps extends FetchDeps {
  dataFolder: string;
  catalogue: Catalogue;
  revisions: RevisionTable;
  syncs: SyncTable;
}

/** How far a sync is. Bytes as fetched; totals where they are known. */
export interface SyncProgress {
  step: 'repomd' | 'fetch' | 'cut' | 'index' | 'packages';
  bytes: number;
  totalBytes: number;
  packages: number;
}

/** One try at a sync: what its steps share. */
export interface SyncRun {
  deps: SyncDeps;
  source: Source;
  mirrors: Mirrors;
  signal: AbortSignal | undefined;
  /** Sentences for the history; steps add theirs. */
  warnings: string[];
  progress: SyncProgress;
  /** Changes the progress and reports it. */
  tell(change: Partial<SyncProgress>): void;
  onBytes(count: number): void;
  /** Whether repomd.xml is another by now than the one that this run works on. */
  upstreamMovedOn(): Promise<boolean>;
}

/** Documents that dnf does not do without if repomd.xml lists them: they have to be there. */
export const needed: ReadonlySet<string> = new Set([
  'primary',
  'filelists',
  'updateinfo',
  'modules',
]);
