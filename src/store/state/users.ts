import type { StateDb } from './state.ts';

/** Somebody who may ask for something: with a name and a password, or with a key. */
export interface User {
  id: number;
  name: string;
  description: string;
  hasPassword: boolean;
  /** RFC 3339. */
  createdAt: string;
  createdBy: string;
}

export type NewUser = Pick<User, 'name' | 'description' | 'createdBy'>;

/** Users. A password is what scrypt made of it. */
export function createUserTable(db: StateDb) {
  return {
    async passwordOf(name: string): Promise<string | undefined> {
      const row = await db
        .selectFrom('user')
        .where('name', '=', name)
        .select('password')
        .executeTakeFirst();
      return row?.password ?? undefined;
    },

    /** By name. */
    async list(): Promise<User[]> {
      const rows = await db.selectFrom('user').orderBy('name').selectAll().execute();
      return rows.map(({ password, created_at, created_by, ...row }) => ({
        ...row,
        hasPassword: password !== null,
        createdAt: created_at,
        createdBy: created_by,
      }));
    },

    /** Whether there was none of that name. */
    async add({ createdBy, ...user }: NewUser, password: string | null): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('user')
        .values({
          ...user,
          password,
          created_at: new Date().toISOString(),
          created_by: createdBy,
        })
        .onConflict((c) => c.doNothing())
        .executeTakeFirstOrThrow();
      return Boolean(numInsertedOrUpdatedRows);
    },

    /** Whether there is one. */
    async setPassword(name: string, password: string): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('user')
        .set({ password })
        .where('name', '=', name)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    /** Whether there was one. */
    async remove(name: string): Promise<boolean> {
      const { numDeletedRows } = await db
        .deleteFrom('user')
        .where('name', '=', name)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

export type UserTable = ReturnType<typeof createUserTable>;
