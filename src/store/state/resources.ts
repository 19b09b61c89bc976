import type { ResourceRow } from './identity-tables.ts';
import type { StateDb } from './state.ts';

export type ResourceKind = ResourceRow['kind'];

/** What the API says of a source or a group of instances besides. */
export interface StoredResource {
  id: number;
  kind: ResourceKind;
  /** A source's label, or a group's name. */
  subject: string;
  /** The path of its compartment. */
  compartment: string;
  /** Null for the source's own name, or the group's. */
  displayName: string | null;
  details: ResourceDetails;
  /** RFC 3339. */
  createdAt: string;
}

export interface ResourceDetails {
  description?: string;
  freeformTags?: Record<string, string>;
  definedTags?: Record<string, Record<string, unknown>>;
  [name: string]: unknown;
}

export function createResourceTable(db: StateDb) {
  const of = (kind: ResourceKind) => db.selectFrom('resource').where('kind', '=', kind).selectAll();

  return {
    async all(kind: ResourceKind): Promise<StoredResource[]> {
      return (await of(kind).orderBy('id').execute()).map(read);
    },

    /** Those of these subjects; rows are made for those that have none, in the root. */
    async ensure(kind: ResourceKind, subjects: readonly string[]): Promise<void> {
      const created_at = new Date().toISOString();
      await db.transaction().execute(async (tx) => {
        for (const subject of subjects) {
          await tx
            .insertInto('resource')
            .values({ kind, subject, display_name: null, created_at })
            .onConflict((c) => c.columns(['kind', 'subject']).doNothing())
            .execute();
        }
      });
    },

    async change(id: number, to: Partial<Omit<StoredResource, 'id' | 'kind'>>): Promise<void> {
      const row = {
        ...(to.subject !== undefined && { subject: to.subject }),
        ...(to.compartment !== undefined && { compartment: to.compartment }),
        ...(to.displayName !== undefined && { display_name: to.displayName }),
        ...(to.details !== undefined && { details: JSON.stringify(to.details) }),
      };
      if (Object.keys(row).length === 0) return;
      await db.updateTable('resource').set(row).where('id', '=', id).execute();
    },

    async remove(kind: ResourceKind, subject: string): Promise<void> {
      await db
        .deleteFrom('resource')
        .where('kind', '=', kind)
        .where('subject', '=', subject)
        .execute();
    },
  };
}

export type ResourceTable = ReturnType<typeof createResourceTable>;

const read = (row: Omit<ResourceRow, 'id' | 'compartment' | 'details'> & Read): StoredResource => ({
  id: row.id,
  kind: row.kind,
  subject: row.subject,
  compartment: row.compartment,
  displayName: row.display_name,
  details: JSON.parse(row.details) as ResourceDetails,
  createdAt: row.created_at,
});

interface Read {
  id: number;
  compartment: string;
  details: string;
}
