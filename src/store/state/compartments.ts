import { sql } from 'kysely';
import type { StateTransaction } from './group-commit.ts';
import type { StateDb } from './state.ts';

export interface StoredCompartment {
  id: number;
  /** The names below the root, joined by colons; the root's is empty. */
  path: string;
  description: string;
  /** RFC 3339. */
  createdAt: string;
}

/** How much there is in a compartment itself. */
export interface CompartmentUses {
  instances: number;
  /** Registration keys that are not revoked. */
  keys: number;
  policies: number;
  jobs: number;
}

export function createCompartmentTable(db: StateDb) {
  return {
    /** By path. */
    async all(): Promise<StoredCompartment[]> {
      const rows = await db.selectFrom('compartment').orderBy('path').selectAll().execute();
      return rows.map(({ created_at, ...row }) => ({ ...row, createdAt: created_at }));
    },

    /** Whether there was none of that path. */
    async add(path: string, description: string): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('compartment')
        .values({ path, description, created_at: new Date().toISOString() })
        .onConflict((c) => c.column('path').doNothing())
        .executeTakeFirstOrThrow();
      return Boolean(numInsertedOrUpdatedRows);
    },

    async describe(path: string, description: string): Promise<void> {
      await db.updateTable('compartment').set({ description }).where('path', '=', path).execute();
    },

    async uses(tx: StateDb, path: string): Promise<CompartmentUses> {
      const count = sql<number>`count(*)`.as('count');
      const instances = tx.selectFrom('instance').where('compartment', '=', path).select(count);
      const keys = tx
        .selectFrom('registration_key')
        .where('compartment', '=', path)
        .where('revoked_at', 'is', null)
        .select(count);
      const policies = tx.selectFrom('policy').where('compartment', '=', path).select(count);
      const jobs = tx.selectFrom('job').where('compartment', '=', path).select(count);
      return {
        instances: (await instances.executeTakeFirstOrThrow()).count,
        keys: (await keys.executeTakeFirstOrThrow()).count,
        policies: (await policies.executeTakeFirstOrThrow()).count,
        jobs: (await jobs.executeTakeFirstOrThrow()).count,
      };
    },

    /** Gives a compartment and those below it another path, wherever it is named. */
    async rename(tx: StateTransaction, from: string, to: string): Promise<void> {
      for (const [table, column] of [
        ['compartment', 'path'],
        ['instance', 'compartment'],
        ['registration_key', 'compartment'],
      ] as const) {
        const named = sql.ref(column);
        await sql`UPDATE ${sql.table(table)} SET ${named} = ${to} || substr(${named}, length(${from}) + 1)
          WHERE ${named} = ${from} OR substr(${named}, 1, length(${from}) + 1) = ${from} || ':'`.execute(
          tx,
        );
      }
    },

    /** What is known of work that was done in it belongs to `heir` from now on. Throws where anything else is in it. */
    async remove(tx: StateTransaction, path: string, heir: string): Promise<void> {
      await tx
        .updateTable('work_request')
        .set({ compartment: heir })
        .where('compartment', '=', path)
        .execute();
      await tx.deleteFrom('compartment').where('path', '=', path).execute();
    },
  };
}

export type CompartmentTable = ReturnType<typeof createCompartmentTable>;
