import type { StateDb } from './state.ts';

export interface StoredUserGroup {
  id: number;
  name: string;
  description: string;
  /** Names of users, sorted. */
  members: string[];
  /** RFC 3339. */
  createdAt: string;
}

export function createUserGroupTable(db: StateDb) {
  return {
    /** By name. */
    async all(): Promise<StoredUserGroup[]> {
      const rows = await db.selectFrom('user_group').orderBy('name').selectAll().execute();
      const members = await db
        .selectFrom('user_group_member')
        .innerJoin('user', 'user.id', 'user_group_member.user')
        .select(['user_group_member.group', 'user.name'])
        .orderBy('user.name')
        .execute();
      const of = Map.groupBy(members, (m) => m.group);
      return rows.map(({ created_at, ...row }) => ({
        ...row,
        members: (of.get(row.id) ?? []).map((m) => m.name),
        createdAt: created_at,
      }));
    },

    /** Whether there was none of that name, in any case. */
    async add(name: string, description: string): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('user_group')
        .values({ name, description, created_at: new Date().toISOString() })
        .onConflict((c) => c.doNothing())
        .executeTakeFirstOrThrow();
      return Boolean(numInsertedOrUpdatedRows);
    },

    async remove(id: number): Promise<void> {
      await db.deleteFrom('user_group').where('id', '=', id).execute();
    },

    async join(group: number, users: readonly number[]): Promise<void> {
      if (users.length === 0) return;
      await db
        .insertInto('user_group_member')
        .values(users.map((user) => ({ group, user })))
        .onConflict((c) => c.doNothing())
        .execute();
    },

    async leave(group: number, users: readonly number[]): Promise<void> {
      await db
        .deleteFrom('user_group_member')
        .where('group', '=', group)
        .where('user', 'in', users)
        .execute();
    },
  };
}

export type UserGroupTable = ReturnType<typeof createUserGroupTable>;
