import type { ExpressionBuilder } from 'kysely';
import type { StateDb, StateTables } from './state.ts';

export type SyncOutcome =
  | 'running'
  | 'updated'
  | 'unchanged'
  | 'failed'
  | 'cancelled'
  | 'interrupted';

/** A sync as the history keeps it. Times in RFC 3339, bytes as fetched from upstream. */
export interface SyncRecord {
  id: number;
  label: string;
  startedAt: string;
  finishedAt: string | null;
  outcome: SyncOutcome;
  reason: string | null;
  errorKind: string | null;
  revision: number | null;
  bytes: number;
  packages: number | null;
  packagesAdded: number | null;
  packagesRemoved: number | null;
  /** rpms that the sync itself fetched. */
  packagesFetched: number | null;
  advisories: number | null;
  advisoriesNew: number | null;
  setAsideCount: number;
  setAside: { document: string; reason: string }[];
  warnings: string[];
}

/** How the last sync of a source went. */
export interface LastSync extends Pick<SyncRecord, 'label' | 'outcome' | 'errorKind'> {
  /** Whether records were set aside, or there were warnings. */
  hasRemarks: boolean;
}

export type SyncEnd = Partial<Omit<SyncRecord, 'id' | 'label' | 'startedAt' | 'finishedAt'>> & {
  outcome: SyncOutcome;
};

const keptPerSource = 1000;

/** The history of syncs, and what upstream said for conditional requests. */
export function createSyncTable(db: StateDb) {
  async function start(label: string): Promise<number> {
    // There is one at a time: another that runs is one whose end could not be written.
    await db
      .updateTable('sync')
      .set({ outcome: 'interrupted', reason: 'its end could not be written down' })
      .where('label', '=', label)
      .where('outcome', '=', 'running')
      .execute();
    const row = await db
      .insertInto('sync')
      .values({ label, started_at: new Date().toISOString(), outcome: 'running' })
      .returning('id')
      .executeTakeFirstOrThrow();
    await db
      .deleteFrom('sync')
      .where('label', '=', label)
      .where('id', 'not in', (e) =>
        e
          .selectFrom('sync')
          .where('label', '=', label)
          .orderBy('id', 'desc')
          .limit(keptPerSource)
          .select('id'),
      )
      .execute();
    return row.id;
  }

  async function finish(id: number, end: SyncEnd): Promise<void> {
    await db
      .updateTable('sync')
      .set({
        finished_at: new Date().toISOString(),
        outcome: end.outcome,
        reason: end.reason ?? null,
        error_kind: end.errorKind ?? null,
        revision: end.revision ?? null,
        bytes: end.bytes ?? 0,
        packages: end.packages ?? null,
        packages_added: end.packagesAdded ?? null,
        packages_removed: end.packagesRemoved ?? null,
        packages_fetched: end.packagesFetched ?? null,
        advisories: end.advisories ?? null,
        advisories_new: end.advisoriesNew ?? null,
        set_aside_count: end.setAsideCount ?? 0,
        set_aside: JSON.stringify(end.setAside ?? []),
        warnings: JSON.stringify(end.warnings ?? []),
      })
      .where('id', '=', id)
      .execute();
  }

  /** Marks what a process left running when it ended. For the holder of the folder's lock, at start. */
  async function closeInterrupted(): Promise<void> {
    await db
      .updateTable('sync')
      .set({ outcome: 'interrupted', reason: 'the process ended in the middle of the sync' })
      .where('outcome', '=', 'running')
      .execute();
  }

  /** The last syncs of a source, the newest first. */
  async function last(label: string, count: number): Promise<SyncRecord[]> {
    const rows = await db
      .selectFrom('sync')
      .where('label', '=', label)
      .orderBy('id', 'desc')
      .limit(count)
      .selectAll()
      .execute();
    return rows.map((r) => ({
      id: r.id,
      label: r.label,
      startedAt: r.started_at,
      finishedAt: r.finished_at,
      outcome: r.outcome as SyncOutcome,
      reason: r.reason,
      errorKind: r.error_kind,
      revision: r.revision,
      bytes: r.bytes,
      packages: r.packages,
      packagesAdded: r.packages_added,
      packagesRemoved: r.packages_removed,
      packagesFetched: r.packages_fetched,
      advisories: r.advisories,
      advisoriesNew: r.advisories_new,
      setAsideCount: r.set_aside_count,
      setAside: JSON.parse(r.set_aside),
      warnings: JSON.parse(r.warnings),
    }));
  }

  /** The newest of each of these sources (labels that resources stand for) of which something holds; by one look into the index each. */
  function newestOf(labels: readonly string[], that: 'is over' | 'counted packages') {
    const newest = (e: ExpressionBuilder<StateTables, 'resource'>) => {
      const own = e
        .selectFrom('sync as s')
        .whereRef('s.label', '=', 'resource.subject')
        .orderBy('s.id', 'desc')
        .limit(1)
        .select('s.id');
      return that === 'is over'
        ? own.where('s.outcome', '!=', 'running')
        : own.where('s.packages', 'is not', null);
    };
    return db
      .selectFrom('resource')
      .innerJoin('sync', (j) => j.on((e) => e('sync.id', '=', newest(e as never))))
      .where('resource.kind', '=', 'source')
      .where('resource.subject', 'in', labels);
  }

  /** How the last sync that is over went, of each of these sources that has a resource. */
  async function lastOfEach(labels: readonly string[]): Promise<LastSync[]> {
    const rows = await newestOf(labels, 'is over')
      .select(['sync.label', 'outcome', 'error_kind', 'set_aside_count', 'warnings'])
      .execute();
    return rows.map((row) => ({
      label: row.label,
      outcome: row.outcome as SyncOutcome,
      errorKind: row.error_kind,
      hasRemarks: row.set_aside_count > 0 || row.warnings !== '[]',
    }));
  }

  /** How many packages the last sync that counted them found, and in which revision. */
  function countsOfEach(
    labels: readonly string[],
  ): Promise<Pick<SyncRecord, 'label' | 'revision' | 'packages'>[]> {
    return newestOf(labels, 'counted packages')
      .select(['sync.label', 'sync.revision', 'sync.packages'])
      .execute();
  }

  /** When the last sync that succeeded ended, and how many records the last new revision set aside. */
  async function lastSuccess(
    label: string,
  ): Promise<{ finishedAt: string | null; setAsideCount: number }> {
    const newest = (outcomes: SyncOutcome[]) =>
      db
        .selectFrom('sync')
        .where('label', '=', label)
        .where('outcome', 'in', outcomes)
        .orderBy('id', 'desc')
        .limit(1)
        .select(['finished_at', 'set_aside_count'])
        .executeTakeFirst();
    const succeeded = await newest(['updated', 'unchanged']);
    const updated = await newest(['updated']);
    return {
      finishedAt: succeeded?.finished_at ?? null,
      setAsideCount: updated?.set_aside_count ?? 0,
    };
  }

  async function validator(label: string, url: string) {
    return db
      .selectFrom('validator')
      .where('label', '=', label)
      .where('url', '=', url)
      .select(['etag', 'last_modified as lastModified'])
      .executeTakeFirst();
  }

  async function setValidator(
    label: string,
    url: string,
    value: { etag: string | undefined; lastModified: string | undefined },
  ): Promise<void> {
    const row = { etag: value.etag ?? null, last_modified: value.lastModified ?? null };
    await db
      .insertInto('validator')
      .values({ label, url, ...row })
      .onConflict((c) => c.columns(['label', 'url']).doUpdateSet(row))
      .execute();
  }

  /** The next sync of a source asks upstream without conditions. */
  async function forgetValidators(label: string): Promise<void> {
    await db.deleteFrom('validator').where('label', '=', label).execute();
  }

  return {
    start,
    finish,
    closeInterrupted,
    last,
    lastOfEach,
    countsOfEach,
    lastSuccess,
    validator,
    setValidator,
    forgetValidators,
  };
}

export type SyncTable = ReturnType<typeof createSyncTable>;
