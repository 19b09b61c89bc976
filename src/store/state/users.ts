import type { StateDb } from './state.ts';

/** Who may register instances with a name and a password. */
export interface User {
  name: string;
  /** RFC 3339. */
  createdAt: string;
  createdBy: string;
}

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
      return rows.map((r) => ({ name: r.name, createdAt: r.created_at, createdBy: r.created_by }));
    },

    /** Whether there was none of that name. */
    async add(user: User, password: string): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('user')
        .values({
          name: user.name,
          password,
          created_at: user.createdAt,
          created_by: user.createdBy,
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
