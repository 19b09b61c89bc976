import type { StateDb } from './state.ts';

/** The numbers by which clients name advisories. One that was given stays. */
export function createAdvisoryNumberTable(db: StateDb) {
  return {
    async find(id: string): Promise<number | undefined> {
      const row = await db
        .selectFrom('advisory_number')
        .select('number')
        .where('id', '=', id)
        .executeTakeFirst();
      return row?.number;
    },

    async idOf(number: number): Promise<string | undefined> {
      const row = await db
        .selectFrom('advisory_number')
        .select('id')
        .where('number', '=', number)
        .executeTakeFirst();
      return row?.id;
    },

    /** Gives an advisory a number, unless it has one. */
    async give(id: string): Promise<number> {
      await db
        .insertInto('advisory_number')
        .values({ id })
        .onConflict((c) => c.doNothing())
        .execute();
      return (await this.find(id))!;
    },
  };
}

export type AdvisoryNumberTable = ReturnType<typeof createAdvisoryNumberTable>;
