import type { StateDb } from './state.ts';

/** A public key that a user's requests are signed with. */
export interface ApiKey {
  /** The user's name. */
  user: string;
  /** MD5 of the key as SubjectPublicKeyInfo, in hexadecimal digits with colons between. */
  fingerprint: string;
  /** RFC 3339. */
  createdAt: string;
}

export interface StoredApiKey extends ApiKey {
  userId: number;
  /** As PEM. */
  publicKey: string;
}

export function createApiKeyTable(db: StateDb) {
  return {
    /** Of all users, by name, the oldest first. */
    async all(): Promise<StoredApiKey[]> {
      const rows = await db
        .selectFrom('api_key')
        .innerJoin('user', 'user.id', 'api_key.user')
        .select(['api_key.user as id', 'user.name', 'fingerprint', 'public_key'])
        .select('api_key.created_at')
        .orderBy('user.name')
        .orderBy('api_key.created_at')
        .execute();
      return rows.map((row) => ({
        user: row.name,
        userId: row.id,
        fingerprint: row.fingerprint,
        publicKey: row.public_key,
        createdAt: row.created_at,
      }));
    },

    /** Whether the user did not have it yet. */
    async add(key: Omit<StoredApiKey, 'user'>): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('api_key')
        .values({
          user: key.userId,
          fingerprint: key.fingerprint,
          public_key: key.publicKey,
          created_at: key.createdAt,
        })
        .onConflict((c) => c.doNothing())
        .executeTakeFirstOrThrow();
      return Boolean(numInsertedOrUpdatedRows);
    },

    /** Whether the user had it. */
    async remove(userId: number, fingerprint: string): Promise<boolean> {
      const { numDeletedRows } = await db
        .deleteFrom('api_key')
        .where('user', '=', userId)
        .where('fingerprint', '=', fingerprint)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

export type ApiKeyTable = ReturnType<typeof createApiKeyTable>;
