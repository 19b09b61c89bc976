import type { LensRow } from './fleet-tables.ts';
import type { StateDb } from './state.ts';

/** What an instance, or the members of a group, see of a source instead of its current revision. */
export interface Lens extends Omit<LensRow, 'definition'> {
  /** As it was asked for. */
  definition: unknown;
}

/** Lenses. There are few: they are read as a whole. */
export function createLensTable(db: StateDb) {
  return {
    async all(): Promise<Lens[]> {
      const rows = await db
        .selectFrom('lens')
        .selectAll()
        .orderBy('label')
        .orderBy('scope')
        .orderBy('subject')
        .execute();
      return rows.map((row) => ({ ...row, definition: JSON.parse(row.definition) }));
    },

    /** Adds one in the place of what the subject had for that source. */
    async put(lens: Lens): Promise<void> {
      const row = { ...lens, definition: JSON.stringify(lens.definition) };
      const { channel, under, definition } = row;
      await db
        .insertInto('lens')
        .values(row)
        .onConflict((c) =>
          c.columns(['scope', 'subject', 'label']).doUpdateSet({ channel, under, definition }),
        )
        .execute();
    },

    /** Removes that of a source, or all that a subject has. */
    async remove(scope: Lens['scope'], subject: string, label?: string): Promise<void> {
      let query = db.deleteFrom('lens').where('scope', '=', scope).where('subject', '=', subject);
      if (label !== undefined) query = query.where('label', '=', label);
      await query.execute();
    },
  };
}

export type LensTable = ReturnType<typeof createLensTable>;
