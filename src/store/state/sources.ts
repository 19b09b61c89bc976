import { AppError } from '../../base/errors.ts';
import type { StateDb } from './state.ts';

/** Sources that were added by command: their definitions as JSON values, by label. And which of all sources are paused. */
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

    /** Gives a source another definition. */
    async change(label: string, definition: unknown): Promise<void> {
      await db
        .updateTable('source')
        .set({ definition: JSON.stringify(definition) })
        .where('label', '=', label)
        .execute();
    },

    async paused(): Promise<string[]> {
      const rows = await db.selectFrom('paused').select('label').execute();
      return rows.map((row) => row.label);
    },

    /** Whether it was not paused before. */
    async pause(label: string): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('paused')
        .values({ label, at: new Date().toISOString() })
        .onConflict((c) => c.doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    },

    /** Whether it was paused. */
    async resume(label: string): Promise<boolean> {
      const { numDeletedRows } = await db
        .deleteFrom('paused')
        .where('label', '=', label)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
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
