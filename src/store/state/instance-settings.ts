import type { StateDb } from './state.ts';

/** What users set on instances: a value of JSON under a name. */
export function createInstanceSettingTable(db: StateDb) {
  return {
    async of(instance: number): Promise<Record<string, unknown>> {
      const rows = await db
        .selectFrom('instance_setting')
        .where('instance', '=', instance)
        .select(['name', 'value'])
        .execute();
      return Object.fromEntries(rows.map((row) => [row.name, JSON.parse(row.value)]));
    },

    /** Throws SQLITE_CONSTRAINT_FOREIGNKEY where there is no such instance. */
    async set(tx: StateDb, instance: number, values: Record<string, unknown>): Promise<void> {
      for (const [name, value] of Object.entries(values)) {
        const row = { value: JSON.stringify(value) };
        await tx
          .insertInto('instance_setting')
          .values({ instance, name, ...row })
          .onConflict((c) => c.columns(['instance', 'name']).doUpdateSet(row))
          .execute();
      }
    },
  };
}

export type InstanceSettingTable = ReturnType<typeof createInstanceSettingTable>;
