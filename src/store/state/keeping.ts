import { errorCode } from '../../base/errors.ts';
import type { Revision } from './revisions.ts';
import type { StateDb } from './state.ts';

/** A revision with what decides whether it is kept. */
export interface KnownRevision extends Omit<Revision, 'derived' | 'packages'> {
  /** When it ceased to be current; null if it never was, or is. */
  supersededAt: string | null;
  /** Names that refer to it: `current`, snapshots. */
  refs: string[];
}

/** What of the past state keeps, for the collector. */
export function createKeepingTable(db: StateDb) {
  return {
    /** Labels that have revisions. */
    async labels(): Promise<string[]> {
      const rows = await db.selectFrom('revision').select('label').distinct().execute();
      return rows.map((row) => row.label);
    },

    /** All revisions of a label, the newest first. */
    async revisions(label: string): Promise<KnownRevision[]> {
      const rows = await db
        .selectFrom('revision')
        .leftJoin('superseded', (j) =>
          j
            .onRef('superseded.label', '=', 'revision.label')
            .onRef('superseded.revision', '=', 'revision.number'),
        )
        .where('revision.label', '=', label)
        .orderBy('number', 'desc')
        .select(['number', 'manifest', 'published_at', 'superseded.at'])
        .execute();
      const refs = await db
        .selectFrom('ref')
        .where('label', '=', label)
        .select(['name', 'revision'])
        .execute();
      return rows.map(({ number, manifest, published_at, at }) => ({
        label,
        number,
        manifest,
        publishedAt: published_at,
        supersededAt: at,
        refs: refs.filter((r) => r.revision === number).map((r) => r.name),
      }));
    },

    /** Forgets a revision unless something refers to it, but not that it was. Gives whether it is gone. */
    async forget({ label, number, publishedAt }: KnownRevision): Promise<boolean> {
      try {
        return await db.transaction().execute(async (tx) => {
          const ref = await tx
            .selectFrom('ref')
            .where('label', '=', label)
            .where('revision', '=', number)
            .select('name')
            .executeTakeFirst();
          if (ref) return false;
          await tx
            .deleteFrom('superseded')
            .where('label', '=', label)
            .where('revision', '=', number)
            .execute();
          await tx
            .deleteFrom('revision')
            .where('label', '=', label)
            .where('number', '=', number)
            .execute();
          await tx
            .insertInto('forgotten')
            .values({ label, number, published_at: publishedAt })
            .onConflict((c) => c.doNothing())
            .execute();
          return true;
        });
      } catch (error) {
        // Something else refers to it.
        if (errorCode(error)?.startsWith('SQLITE_CONSTRAINT')) return false;
        throw error;
      }
    },

    /** When space was last collected, in this process or an earlier one. */
    async lastCollection(): Promise<Date | undefined> {
      const row = await db.selectFrom('collection').select('finished_at').executeTakeFirst();
      return row && new Date(row.finished_at);
    },

    async noteCollection(bytes: number): Promise<void> {
      const row = { finished_at: new Date().toISOString(), bytes };
      await db
        .insertInto('collection')
        .values({ id: 1, ...row })
        .onConflict((c) => c.column('id').doUpdateSet(row))
        .execute();
    },
  };
}

export type KeepingTable = ReturnType<typeof createKeepingTable>;
