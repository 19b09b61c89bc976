import { AppError } from '../../base/errors.ts';
import type { StateDb } from './state.ts';

/** Sources that were added by command: their definitions as JSON values, by label. */
export function createSourceTable(db: StateDb) {
  return {
    async all(): Promise<{ label: string; definition: unknown }[]> {
      const rows = await db.selectFrom('source').selectAll().orderBy('label').execute();
      return rows.map(({ label, definition }) => ({ label, definition: JSON.parse(definition) }));
    },

    /** Throws AppError 'conflict' if there is one with that label. */
    async add(label: string, definition: unknown): Promise<void> {
      const row = {
        label,
        definition: JSON.stringify(definition),
        added_at: new Date().toISOString(),
      };
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('source')
        .values(row)
        .onConflict((c) => c.doNothing())
        .executeTakeFirstOrThrow();
      if (!numInsertedOrUpdatedRows)
        throw new AppError('conflict', `source ${label} exists already`);
    },

    /** Whether there was one. */
    async remove(label: string): Promise<boolean> {
      const { numDeletedRows } = await db
        .deleteFrom('source')
        .where('label', '=', label)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

export type SourceTable = ReturnType<typeof createSourceTable>;
