import type { StateDb } from './state.ts';

/** A published revision of a source. */
export interface Revision {
  label: string;
  number: number;
  /** sha256 of its manifest, or of what it is derived from. */
  manifest: string;
  /** RFC 3339; whole seconds. */
  publishedAt: string;
  /** Whether `manifest` names what a view or a stage is made of (derived.ts). */
  derived: boolean;
  /** How many packages a derived one has. */
  packages: number | null;
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
      .select(['revision.label', 'number', 'manifest', 'published_at', 'derived', 'packages'])
      .executeTakeFirst();
    return row && revision(row);
  }

  /** What clients are served of every source, or of these. */
  async function currents(labels?: readonly string[]): Promise<Revision[]> {
    const rows = await db
      .selectFrom('ref')
      .innerJoin('revision', (j) =>
        j.onRef('revision.label', '=', 'ref.label').onRef('revision.number', '=', 'ref.revision'),
      )
      .where('ref.name', '=', 'current')
      .$if(labels !== undefined, (q) => q.where('ref.label', 'in', labels!))
      .orderBy('revision.label')
      .select(['revision.label', 'number', 'manifest', 'published_at', 'derived', 'packages'])
      .execute();
    return rows.map(revision);
  }

  /**
   * The time that a revision which is published now gets: whole seconds, and later than any before, as yum 3 refuses to go
   * back, and keeps a stale list if Last-Modified stays the same.
   */
  async function nextTime(label: string, from: Pick<StateDb, 'selectFrom'> = db): Promise<Date> {
    const before = await from
      .selectFrom('revision')
      .where('label', '=', label)
      .select((e) => e.fn.max('published_at').as('at'))
      .executeTakeFirst();
    const least = before?.at ? Date.parse(before.at) + 1000 : 0;
    return new Date(Math.max(Math.floor(Date.now() / 1000) * 1000, least));
  }

  /**
   * Makes a revision the one that clients are served; the one before it counts as superseded from now on. One that is
   * derived was rendered for a time that `nextTime` gave.
   */
  async function publish(
    label: string,
    number: number,
    { manifest, derived }: { manifest: string; derived?: { at: Date; packages: number } },
  ): Promise<Revision> {
    return db.transaction().execute(async (tx) => {
      const now = new Date();
      const at = derived?.at ?? (await nextTime(label, tx));
      const row = {
        label,
        number,
        manifest,
        published_at: at.toISOString(),
        derived: derived ? 1 : 0,
        packages: derived?.packages ?? null,
      };
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
      .select([
        'revision.label',
        'number',
        'manifest',
        'published_at',
        'derived',
        'packages',
        'superseded.at',
      ])
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

  const rowOf = (label: string) => db.selectFrom('revision').where('label', '=', label).selectAll();

  async function byNumber(label: string, number: number): Promise<Revision | undefined> {
    const row = await rowOf(label).where('number', '=', number).executeTakeFirst();
    return row && revision(row);
  }

  /** The number of the newest revision with that object; null where none is kept. */
  async function numberOf(label: string, manifest: string): Promise<number | null> {
    const row = await rowOf(label)
      .where('manifest', '=', manifest)
      .orderBy('number', 'desc')
      .executeTakeFirst();
    return row?.number ?? null;
  }

  /** The latest revision that is kept of those that were current until a time (RFC 3339). */
  async function at(label: string, time: string): Promise<Revision | undefined> {
    const row = await rowOf(label)
      .where('published_at', '<=', time)
      .orderBy('published_at', 'desc')
      .executeTakeFirst();
    return row && revision(row);
  }

  /** The latest revision that is kept no more of those that were current until a time (RFC 3339). */
  async function forgottenAt(
    label: string,
    time: string,
  ): Promise<Pick<Revision, 'number' | 'publishedAt'> | undefined> {
    const row = await db
      .selectFrom('forgotten')
      .where('label', '=', label)
      .where('published_at', '<=', time)
      .orderBy('published_at', 'desc')
      .selectAll()
      .executeTakeFirst();
    return row && { number: row.number, publishedAt: row.published_at };
  }

  /** The revision that a snapshot names. */
  async function named(label: string, name: string): Promise<Revision | undefined> {
    const row = await rowOf(label)
      .where('number', '=', (e) =>
        e
          .selectFrom('ref')
          .where('ref.label', '=', label)
          .where('ref.name', '=', name)
          .select('ref.revision'),
      )
      .executeTakeFirst();
    return row && revision(row);
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
        'forgotten',
        'validator',
        'sync',
        'paused',
        'view_definition',
      ] as const) {
        await tx.deleteFrom(table).where('label', '=', label).execute();
      }
    });
  }

  /** Whether any source ever had a derived one that is not forgotten. */
  async function anyDerived(): Promise<boolean> {
    const found = db.selectFrom('revision').where('derived', '=', 1).select('number').limit(1);
    return (await found.executeTakeFirst()) !== undefined;
  }

  return {
    anyDerived,
    reserve,
    current,
    currents,
    nextTime,
    publish,
    supersededSince,
    after,
    byNumber,
    numberOf,
    at,
    forgottenAt,
    named,
    labels,
    forget,
  };
}

export type RevisionTable = ReturnType<typeof createRevisionTable>;

function revision(row: {
  label: string;
  number: number;
  manifest: string;
  published_at: string;
  derived: number;
  packages: number | null;
}): Revision {
  const { label, number, manifest, published_at, packages } = row;
  return {
    label,
    number,
    manifest,
    publishedAt: published_at,
    derived: row.derived === 1,
    packages,
  };
}
