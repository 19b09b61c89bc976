import type { StateDb } from './state.ts';

/** What the check of an rpm's signature found: `refusal` is why it is not taken, as the rest of a sentence. */
export interface PackageCheck {
  refusal: string | undefined;
}

/** Remembers what checks of rpm signatures found, by the rpm's sha256 and a digest of what it was judged by. */
export function createPackageCheckTable(db: StateDb) {
  return {
    async find(sha256: string, rules: string): Promise<PackageCheck | undefined> {
      const row = await db
        .selectFrom('package_check')
        .where('sha256', '=', sha256)
        .where('rules', '=', rules)
        .select('refusal')
        .executeTakeFirst();
      return row && { refusal: row.refusal ?? undefined };
    },

    async put(sha256: string, rules: string, { refusal }: PackageCheck): Promise<void> {
      const row = { refusal: refusal ?? null, checked_at: new Date().toISOString() };
      await db
        .insertInto('package_check')
        .values({ sha256, rules, ...row })
        .onConflict((c) => c.columns(['sha256', 'rules']).doUpdateSet(row))
        .execute();
    },
  };
}

export type PackageCheckTable = ReturnType<typeof createPackageCheckTable>;
