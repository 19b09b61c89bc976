import { randomBytes } from 'node:crypto';
import type { StateDb } from './state.ts';

/** This installation, as the API knows it. */
export interface Tenancy {
  name: string;
  /** Of the ids that the API shows. */
  salt: Buffer;
  /** RFC 3339. */
  createdAt: string;
}

export function createTenancyTable(db: StateDb) {
  return {
    async find(): Promise<Tenancy | undefined> {
      const row = await db.selectFrom('tenancy').selectAll().executeTakeFirst();
      return row && { name: row.name, salt: row.salt, createdAt: row.created_at };
    },

    /** Makes it where there is none; gives what there is then. */
    async ensure(name: string): Promise<Tenancy> {
      const made = { name, salt: randomBytes(16), created_at: new Date().toISOString() };
      await db
        .insertInto('tenancy')
        .values({ id: 1, ...made })
        .onConflict((c) => c.doNothing())
        .execute();
      return (await this.find())!;
    },
  };
}

export type TenancyTable = ReturnType<typeof createTenancyTable>;
