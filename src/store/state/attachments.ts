import type { StateTransaction } from './group-commit.ts';
import type { StateDb } from './state.ts';

/** A source that an instance has. */
export interface Attachment {
  label: string;
  /** The channel that it was shown last; null before the first time. */
  served: string | null;
  /** Its last_modified is no earlier, in seconds since 1970. */
  since: number;
  /** Whether older revisions may be read where something is held back. */
  history: boolean;
}

/** Which instances have which sources. */
export function createAttachmentTable(db: StateDb) {
  return {
    async of(instance: number): Promise<Attachment[]> {
      const rows = await db
        .selectFrom('attachment')
        .select(['label', 'served', 'since', 'history'])
        .where('instance', '=', instance)
        .orderBy('label')
        .execute();
      return rows.map((row) => ({ ...row, history: row.history === 1 }));
    },

    /** Adds one, or changes what is said of it. */
    async put(
      tx: StateTransaction,
      instance: number,
      { label, served, since, history }: Attachment,
    ): Promise<void> {
      const said = { served, since, history: history ? 1 : 0 };
      await tx
        .insertInto('attachment')
        .values({ instance, label, ...said })
        .onConflict((c) => c.columns(['instance', 'label']).doUpdateSet(said))
        .execute();
    },

    async remove(tx: StateTransaction, instance: number, labels: string[]): Promise<void> {
      await tx
        .deleteFrom('attachment')
        .where('instance', '=', instance)
        .where('label', 'in', labels)
        .execute();
    },

    /** The ids of those that have a source. */
    async instancesWith(label: string): Promise<number[]> {
      const rows = await db
        .selectFrom('attachment')
        .select('instance')
        .where('label', '=', label)
        .execute();
      return rows.map((row) => row.instance);
    },

    /** Those that have a source, by name. */
    async namesWith(
      label: string,
    ): Promise<{ id: number; name: string; compartment: string | null }[]> {
      return db
        .selectFrom('attachment')
        .innerJoin('instance', 'instance.id', 'attachment.instance')
        .where('attachment.label', '=', label)
        .orderBy('instance.name')
        .orderBy('instance.id')
        .select(['instance.id', 'instance.name', 'instance.compartment'])
        .execute();
    },

    /** The latest `since` of all, 0 where there is none. */
    async latestSince(): Promise<number> {
      const row = await db
        .selectFrom('attachment')
        .select((e) => e.fn.max('since').as('latest'))
        .executeTakeFirst();
      return row?.latest ?? 0;
    },
  };
}

export type AttachmentTable = ReturnType<typeof createAttachmentTable>;
