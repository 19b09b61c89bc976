import type { StateDb } from './state.ts';

export interface StoredDynamicGroup {
  id: number;
  name: string;
  rule: string;
  description: string;
  /** RFC 3339. */
  createdAt: string;
}

export type NewDynamicGroup = Pick<StoredDynamicGroup, 'name' | 'rule' | 'description'>;

export function createDynamicGroupTable(db: StateDb) {
  return {
    /** By name. */
    async all(): Promise<StoredDynamicGroup[]> {
      const rows = await db.selectFrom('dynamic_group').orderBy('name').selectAll().execute();
      return rows.map(({ created_at, ...row }) => ({ ...row, createdAt: created_at }));
    },

    /** Whether there was none of that name, in any case. */
    async add(group: NewDynamicGroup): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('dynamic_group')
        .values({ ...group, created_at: new Date().toISOString() })
        .onConflict((c) => c.doNothing())
        .executeTakeFirstOrThrow();
      return Boolean(numInsertedOrUpdatedRows);
    },

    async setRule(id: number, rule: string): Promise<void> {
      await db.updateTable('dynamic_group').set({ rule }).where('id', '=', id).execute();
    },

    async remove(id: number): Promise<void> {
      await db.deleteFrom('dynamic_group').where('id', '=', id).execute();
    },
  };
}

export type DynamicGroupTable = ReturnType<typeof createDynamicGroupTable>;
