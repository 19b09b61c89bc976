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
    /** Notes what a view is from now on, where that is new. */
    async note(label: string, { from, filters }: ViewDefinition): Promise<void> {
      const now = new Date().toISOString();
      const definition = JSON.stringify({ from, filters });
      const last = await at(label, now);
      if (last && JSON.stringify({ from: last.from, filters: last.filters }) === definition) return;
      await db
        .insertInto('view_definition')
        .values({ label, since: now, definition })
        .onConflict((c) => c.columns(['label', 'since']).doUpdateSet({ definition }))
        .execute();
    },
  };
}

export type DefinitionTable = ReturnType<typeof createDefinitionTable>;
