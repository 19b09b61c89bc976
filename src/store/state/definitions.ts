import type { Filters } from '../../base/filters.ts';
import type { StateDb } from './state.ts';

/** What a view is made of: its parents by priority, and its filters. */
export interface ViewDefinition {
  from: string[];
  filters: Filters;
}

/** What each view was at which time. */
export function createDefinitionTable(db: StateDb) {
  /** The definition that held at a time (RFC 3339), and since when it had. */
  async function at(
    label: string,
    time: string,
  ): Promise<(ViewDefinition & { since: string }) | undefined> {
    const row = await db
      .selectFrom('view_definition')
      .where('label', '=', label)
      .where('since', '<=', time)
      .orderBy('since', 'desc')
      .selectAll()
      .executeTakeFirst();
    return row && { ...(JSON.parse(row.definition) as ViewDefinition), since: row.since };
  }

  return {
    at,
    /** Notes what views are from now on, where that is new. */
    async note(views: readonly (ViewDefinition & { label: string })[]): Promise<void> {
      const since = new Date().toISOString();
      await db.transaction().execute(async (tx) => {
        const rows = await tx.selectFrom('view_definition').selectAll().orderBy('since').execute();
        const last = new Map(rows.map((row) => [row.label, row.definition]));
        for (const { label, from, filters } of views) {
          const definition = JSON.stringify({ from, filters });
          if (last.get(label) === definition) continue;
          await tx
            .insertInto('view_definition')
            .values({ label, since, definition })
            .onConflict((c) => c.columns(['label', 'since']).doUpdateSet({ definition }))
            .execute();
        }
      });
    },
  };
}

export type DefinitionTable = ReturnType<typeof createDefinitionTable>;
