import type { StateDb } from './state.ts';

export interface StoredPolicy {
  id: number;
  name: string;
  /** The path of the compartment that it belongs to: what it names is looked for from there. */
  compartment: string;
  statements: string[];
  description: string;
  /** RFC 3339. */
  createdAt: string;
}

export type NewPolicy = Omit<StoredPolicy, 'id' | 'createdAt'>;

export function createPolicyTable(db: StateDb) {
  return {
    /** By name. */
    async all(): Promise<StoredPolicy[]> {
      const rows = await db.selectFrom('policy').orderBy('name').selectAll().execute();
      return rows.map(({ created_at, statements, ...row }) => ({
        ...row,
        statements: JSON.parse(statements) as string[],
        createdAt: created_at,
      }));
    },

    /** Whether there was none of that name, in any case. */
    async add({ statements, ...policy }: NewPolicy): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('policy')
        .values({
          ...policy,
          statements: JSON.stringify(statements),
          created_at: new Date().toISOString(),
        })
        .onConflict((c) => c.column('name').doNothing())
        .executeTakeFirstOrThrow();
      return Boolean(numInsertedOrUpdatedRows);
    },

    async setStatements(id: number, statements: readonly string[], tx = db): Promise<void> {
      await tx
        .updateTable('policy')
        .set({ statements: JSON.stringify(statements) })
        .where('id', '=', id)
        .execute();
    },

    async remove(id: number): Promise<void> {
      await db.deleteFrom('policy').where('id', '=', id).execute();
    },
  };
}

export type PolicyTable = ReturnType<typeof createPolicyTable>;
