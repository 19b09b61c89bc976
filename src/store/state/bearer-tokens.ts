import type { StateDb } from './state.ts';

/** A secret with which a script acts as a user. */
export interface BearerToken {
  /** The user's name. */
  user: string;
  /** What it is called; each of a user's once. */
  name: string;
  /** What it may at most, as `VERB RESOURCE-TYPE`; empty for all that its user may. */
  scopes: string[];
  /** RFC 3339. */
  createdAt: string;
  expiresAt: string;
}

export interface StoredToken extends BearerToken {
  userId: number;
  /** SHA-256 of the secret. */
  hash: Buffer;
}

export function createBearerTokenTable(db: StateDb) {
  return {
    /** Of all users, by name. */
    async all(): Promise<StoredToken[]> {
      const rows = await db
        .selectFrom('bearer_token')
        .innerJoin('user', 'user.id', 'bearer_token.user')
        .select(['bearer_token.user as userId', 'user.name as user', 'bearer_token.name as name'])
        .select(['hash', 'scopes', 'bearer_token.created_at as createdAt'])
        .select('expires_at as expiresAt')
        .orderBy('user.name')
        .orderBy('bearer_token.name')
        .execute();
      return rows.map((row) => ({ ...row, scopes: JSON.parse(row.scopes) as string[] }));
    },

    /** Whether the user had none of that name. */
    async add(token: Omit<StoredToken, 'user'>): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('bearer_token')
        .values({
          user: token.userId,
          name: token.name,
          hash: token.hash,
          scopes: JSON.stringify(token.scopes),
          created_at: token.createdAt,
          expires_at: token.expiresAt,
        })
        .onConflict((c) => c.doNothing())
        .executeTakeFirstOrThrow();
      return Boolean(numInsertedOrUpdatedRows);
    },

    /** Whether the user had one of that name. */
    async remove(userId: number, name: string): Promise<boolean> {
      const { numDeletedRows } = await db
        .deleteFrom('bearer_token')
        .where('user', '=', userId)
        .where('name', '=', name)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

export type BearerTokenTable = ReturnType<typeof createBearerTokenTable>;
