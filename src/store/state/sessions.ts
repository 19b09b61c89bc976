import type { StateDb } from './state.ts';

/** A browser in which a user is logged in. */
export interface StoredSession {
  /** SHA-256 of the secret that the browser has. */
  hash: Buffer;
  userId: number;
  /** The user's name. */
  user: string;
  address: string;
  /** RFC 3339. */
  createdAt: string;
  expiresAt: string;
}

export function createSessionTable(db: StateDb) {
  return {
    async all(): Promise<StoredSession[]> {
      const rows = await db
        .selectFrom('session')
        .innerJoin('user', 'user.id', 'session.user')
        .select(['hash', 'session.user as userId', 'user.name as user', 'address'])
        .select(['session.created_at as createdAt', 'expires_at as expiresAt'])
        .orderBy('session.created_at')
        .execute();
      return rows.map((row) => ({ ...row, address: row.address ?? '' }));
    },

    async add(session: StoredSession): Promise<void> {
      await db
        .insertInto('session')
        .values({
          hash: session.hash,
          user: session.userId,
          address: session.address,
          created_at: session.createdAt,
          expires_at: session.expiresAt,
        })
        .execute();
    },

    async remove(hash: Buffer): Promise<void> {
      await db.deleteFrom('session').where('hash', '=', hash).execute();
    },

    /** Those that ended before a time, RFC 3339. */
    async removeEnded(before: string): Promise<void> {
      await db.deleteFrom('session').where('expires_at', '<=', before).execute();
    },
  };
}

export type SessionTable = ReturnType<typeof createSessionTable>;
