import { AppError } from '../base/errors.ts';
import type { RevisionTable } from '../store/state/revisions.ts';
import type { Snapshot, SnapshotKind, SnapshotTable } from '../store/state/snapshots.ts';
import type { FetchProgress, FetchReport, Holdings } from './holdings.ts';
import type { Resolver } from './resolve.ts';
import { requireSnapshotName } from './snapshots-names.ts';

export interface SnapshotsDeps {
  table: SnapshotTable;
  revisions: RevisionTable;
  resolver: Pick<Resolver, 'resolve'>;
  holdings: Holdings;
  /** Hears of each that comes or goes. */
  onChanged(label: string): void;
  /** Throws AppError 'conflict' where instances are shown `label@name`. */
  refuseShown(channel: string): void;
  now?(): Date;
}

export interface NewSnapshot {
  /** A revision or a time; undefined for the current revision. */
  at?: string | undefined;
  by: string;
  kind?: SnapshotKind;
}

/** A snapshot, how many packages it has, and of how many the bytes are not held; null where that cannot be told. */
export type CountedSnapshot = Snapshot & { packages: number | null; notHeld: number | null };

export interface FillOptions {
  fetch: boolean;
  signal?: AbortSignal | undefined;
  onProgress?: (progress: FetchProgress) => void;
}

export interface Filled {
  packages: number;
  notHeld: number;
  report: FetchReport;
}

/** Lasting names of revisions. */
export function createSnapshots(deps: SnapshotsDeps) {
  const { table, revisions, resolver, holdings, now = () => new Date() } = deps;

  async function found(label: string, name: string): Promise<Snapshot> {
    const snapshot = await table.find(label, name);
    if (snapshot) return snapshot;
    throw new AppError('not_found', `source ${label} has no snapshot ${name}`, {
      hint: `\`headwater snapshot list ${label}\` shows those there are`,
    });
  }

  return {
    /** Names a revision. Throws AppErrors 'usage' (the name, the time), 'not_found', 'conflict'. */
    async create(label: string, name: string, options: NewSnapshot): Promise<Snapshot> {
      const { at, by, kind = 'manual' } = options;
      requireSnapshotName(name);
      const { number, manifest } = await resolver.resolve(label, at);
      // A view as it was at a time may be what it published then.
      const all = number === null ? await revisions.after(label, 0) : [];
      const revision = number ?? all.findLast((r) => r.manifest === manifest)?.number;
      if (revision === undefined) {
        throw new AppError('not_found', `view ${label} did not publish what it was on ${at}`, {
          hint: `\`headwater history ${label}\` shows what it did, by number`,
        });
      }
      const createdAt = now().toISOString();
      const row = { label, name, kind, revision, createdAt, createdBy: by };
      const snapshot = await table.create(row);
      deps.onChanged(label);
      return snapshot;
    },

    /** Those of a source, or of all, the newest first. */
    async list(label?: string): Promise<CountedSnapshot[]> {
      const looks = new Map<string, { packages: number | null; notHeld: number | null }>();
      const seen = new Map<string, boolean>();
      const counted: CountedSnapshot[] = [];
      for (const snapshot of await table.list(label)) {
        const key = `${snapshot.label} ${snapshot.revision}`;
        const look = looks.get(key) ?? (await count(snapshot, seen));
        looks.set(key, look);
        counted.push({ ...snapshot, ...look });
      }
      return counted;
    },

    /** Counts the packages of a snapshot, and those that are not held; with `fetch` these are fetched before. Throws AppErrors. */
    async fill(label: string, name: string, { fetch, ...options }: FillOptions): Promise<Filled> {
      const { packages, missing } = await holdings.look(await found(label, name));
      const report = await holdings.fetch(fetch ? missing : [], options);
      return { packages, notHeld: missing.length - report.fetched, report };
    },

    /** Throws AppErrors 'not_found', and 'conflict' where instances are shown it. */
    async remove(label: string, name: string): Promise<void> {
      await found(label, name);
      deps.refuseShown(`${label}@${name}`);
      await table.remove(label, name);
      deps.onChanged(label);
    },
  };

  async function count(snapshot: Snapshot, seen: Map<string, boolean>) {
    try {
      const { packages, missing } = await holdings.look(snapshot, seen);
      return { packages, notHeld: missing.length };
    } catch (error) {
      // Objects that are gone must not hide what else there is.
      if (error instanceof AppError) return { packages: null, notHeld: null };
      throw error;
    }
  }
}

export type Snapshots = ReturnType<typeof createSnapshots>;
