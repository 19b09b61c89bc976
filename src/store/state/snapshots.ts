import { AppError } from '../../base/errors.ts';
import type { StateDb } from './state.ts';

/** Who made a snapshot: somebody by command, or the clock. */
export type SnapshotKind = 'manual' | 'daily' | 'weekly' | 'monthly';

/** A lasting name of a revision. Times in RFC 3339. */
export interface Snapshot {
  label: string;
  name: string;
  kind: SnapshotKind;
  revision: number;
  /** The object of the revision, and when that was published. */
  manifest: string;
  publishedAt: string;
  createdAt: string;
  createdBy: string;
}

/** Snapshots: refs with other names than `current`, and what is known of them. */
export function createSnapshotTable(db: StateDb) {
  const joined = () =>
    db
      .selectFrom('snapshot')
      .innerJoin('ref', (j) =>
        j.onRef('ref.label', '=', 'snapshot.label').onRef('ref.name', '=', 'snapshot.name'),
      )
      .innerJoin('revision', (j) =>
        j.onRef('revision.label', '=', 'ref.label').onRef('revision.number', '=', 'ref.revision'),
      )
      .select([
        'snapshot.label',
        'snapshot.name',
        'snapshot.kind',
        'revision.number',
        'revision.manifest',
        'revision.published_at',
        'snapshot.created_at',
        'snapshot.created_by',
      ])
      .orderBy('snapshot.label')
      .orderBy('snapshot.created_at', 'desc')
      .orderBy('snapshot.name', 'desc');

  return {
    /** Throws AppError 'conflict' where the source has one of that name. */
    async create(
      snapshot: Pick<Snapshot, 'label' | 'name' | 'kind' | 'revision' | 'createdAt' | 'createdBy'>,
    ): Promise<Snapshot> {
      const { label, name, kind, revision, createdAt, createdBy } = snapshot;
      await db.transaction().execute(async (tx) => {
        const { numInsertedOrUpdatedRows } = await tx
          .insertInto('ref')
          .values({ label, name, revision })
          .onConflict((c) => c.doNothing())
          .executeTakeFirstOrThrow();
        if (!numInsertedOrUpdatedRows) {
          throw new AppError('conflict', `source ${label} has a snapshot ${name} already`, {
            hint: 'take another name, or remove that one first',
          });
        }
        await tx
          .insertInto('snapshot')
          .values({ label, name, kind, created_at: createdAt, created_by: createdBy })
          .execute();
      });
      return (await find(label, name))!;
    },

    find,

    /** Those of a source, or of all; by source, the newest first. */
    async list(label?: string): Promise<Snapshot[]> {
      const query = label === undefined ? joined() : joined().where('snapshot.label', '=', label);
      return (await query.execute()).map(snapshotOf);
    },

    /** Whether there was one. Its revision stays as long as others are kept. */
    async remove(label: string, name: string): Promise<boolean> {
      return db.transaction().execute(async (tx) => {
        const { numDeletedRows } = await tx
          .deleteFrom('snapshot')
          .where('label', '=', label)
          .where('name', '=', name)
          .executeTakeFirstOrThrow();
        if (numDeletedRows === 0n) return false;
        await tx.deleteFrom('ref').where('label', '=', label).where('name', '=', name).execute();
        return true;
      });
    },
  };

  async function find(label: string, name: string): Promise<Snapshot | undefined> {
    const row = await joined()
      .where('snapshot.label', '=', label)
      .where('snapshot.name', '=', name)
      .executeTakeFirst();
    return row && snapshotOf(row);
  }
}

export type SnapshotTable = ReturnType<typeof createSnapshotTable>;

function snapshotOf(row: {
  label: string;
  name: string;
  kind: string;
  number: number;
  manifest: string;
  published_at: string;
  created_at: string;
  created_by: string;
}): Snapshot {
  return {
    label: row.label,
    name: row.name,
    kind: row.kind as SnapshotKind,
    revision: row.number,
    manifest: row.manifest,
    publishedAt: row.published_at,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
