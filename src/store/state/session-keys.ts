import type { StateDb } from './state.ts';

/** A key of the MAC in login tokens: 32 random bytes. `createdAt` in RFC 3339. */
export interface SessionKey {
  key: Buffer;
  createdAt: string;
}

/** The keys of login tokens: the one that signs, and that before it. */
export function createSessionKeyTable(db: StateDb) {
  return {
    /** The newest first; two at most. */
    async all(): Promise<SessionKey[]> {
      const rows = await db
        .selectFrom('session_key')
        .selectAll()
        .orderBy('id', 'desc')
        .limit(2)
        .execute();
      return rows.map(({ key, created_at }) => ({ key, createdAt: created_at }));
    },

    /** Adds the newest, and forgets all but it and the one before. */
    async add({ key, createdAt }: SessionKey): Promise<void> {
      await db.transaction().execute(async (tx) => {
        await tx
          .deleteFrom('session_key')
          .where('id', 'not in', (eb) =>
            eb.selectFrom('session_key').select('id').orderBy('id', 'desc').limit(1),
          )
          .execute();
        await tx.insertInto('session_key').values({ key, created_at: createdAt }).execute();
      });
    },
  };
}

export type SessionKeyTable = ReturnType<typeof createSessionKeyTable>;
