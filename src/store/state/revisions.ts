import type { StateDb } from './state.ts';

/** A published revision of a source. */
export interface Revision {
  label: string;
  number: number;
  /** sha256 of its manifest. */
  manifest: string;
  /** RFC 3339; whole seconds. */
  publishedAt: string;
}

/** Revision numbers, revisions and the ref `current` of each source. */
export function createRevisionTable(db: StateDb) {
  /** Gives out the next number, for good: also where the sync that asked for it fails. */
  async function reserve(label: string): Promise<number> {
    const row = await db
      .insertInto('revision_counter')
      .values({ label, last: 1 })
      .onConflict((c) =>
        c.column('label').doUpdateSet((e) => ({ last: e('revision_counter.last', '+', 1) })),
      )
      .returning('last')
      .executeTakeFirstOrThrow();
    return row.last;
  }

  /** What clients are served, or undefined before the first sync. */
  async function current(label: string): Promise<Revision | undefined> {
    const row = await db
      .selectFrom('ref')
      .innerJoin('revision', (j) =>
        j.onRef('revision.label', '=', 'ref.label').onRef('revision.number', '=', 'ref.revision'),
      )
      .where('ref.label', '=', label)
      .where('ref.name', '=', 'current')
      .select(['revision.label', 'number', 'manifest', 'published_at'])
      .executeTakeFirst();
    return row && revision(row);
  }

  /** Makes a revision the one that clients are served; the one before it counts as superseded from now on. */
  async function publish(label: string, number: number, manifest: string): Promise<Revision> {
    return db.transaction().execute(async (tx) => {
      const before = await tx
        .selectFrom('revision')
        .where('label', '=', label)
        .select((e) => e.fn.max('published_at').as('at'))
        .executeTakeFirst();
      const now = new Date();
      // Whole seconds, and later than any before: yum 3 keeps a stale list if Last-Modified stays the same.
      const least = before?.at ? Date.parse(before.at) + 1000 : 0;
      const at = Math.max(Math.floor(now.getTime() / 1000) * 1000, least);
      const row = { label, number, manifest, published_at: new Date(at).toISOString() };
      await tx.insertInto('revision').values(row).execute();
      await tx
        .insertInto('superseded')
        .columns(['label', 'revision', 'at'])
        .expression((e) =>
          e
            .selectFrom('ref')
            .where('label', '=', label)
            .where('name', '=', 'current')
            .select((s) => ['label', 'revision', s.val(now.toISOString()).as('at')]),
        )
        .execute();
      await tx
        .insertInto('ref')
        .values({ label, name: 'current', revision: number })
        .onConflict((c) => c.columns(['label', 'name']).doUpdateSet({ revision: number }))
        .execute();
      return revision(row);
    });
  }

  /** Revisions that ceased to be current after that time, the newest first. */
  async function supersededSince(
    label: string,
    since: Date,
  ): Promise<(Revision & { supersededAt: string })[]> {
    const rows = await db
      .selectFrom('superseded')
      .innerJoin('revision', (j) =>
        j
          .onRef('revision.label', '=', 'superseded.label')
          .onRef('revision.number', '=', 'superseded.revision'),
      )
      .where('superseded.label', '=', label)
      .where('superseded.at', '>', since.toISOString())
      .orderBy('revision.number', 'desc')
      .select(['revision.label', 'number', 'manifest', 'published_at', 'superseded.at'])
      .execute();
    return rows.map((row) => ({ ...revision(row), supersededAt: row.at }));
  }

  /** Revisions of a source after that number, the oldest first. */
  async function after(label: string, number: number): Promise<Revision[]> {
    const rows = await db
      .selectFrom('revision')
      .where('label', '=', label)
      .where('number', '>', number)
      .orderBy('number')
      .selectAll()
      .execute();
    return rows.map(revision);
  }

  /** Labels of all sources that have been published. */
  async function labels(): Promise<string[]> {
    const rows = await db.selectFrom('ref').where('name', '=', 'current').select('label').execute();
    return rows.map((row) => row.label);
  }

  /** Forgets a removed source's revisions and history. Its numbers stay used. */
  async function forget(label: string): Promise<void> {
    await db.transaction().execute(async (tx) => {
      for (const table of [
        'snapshot',
        'move',
        'ref',
        'superseded',
        'revision',
        'validator',
        'sync',
        'paused',
      ] as const) {
        await tx.deleteFrom(table).where('label', '=', label).execute();
      }
    });
  }

  return { reserve, current, publish, supersededSince, after, labels, forget };
}

export type RevisionTable = ReturnType<typeof createRevisionTable>;

function revision(row: {
  label: string;
  number: number;
  manifest: string;
  published_at: string;
}): Revision {
  const { label, number, manifest, published_at } = row;
  return { label, number, manifest, publishedAt: published_at };
}
