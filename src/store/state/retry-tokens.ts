import type { StateDb } from './state.ts';

export interface RetryTokenKey {
  /** As the audit names them. */
  caller: string;
  operation: string;
  token: string;
}

/** What was answered to requests that are to be carried out once. */
export function createRetryTokenTable(db: StateDb) {
  const of = ({ caller, operation, token }: RetryTokenKey) =>
    db
      .selectFrom('retry_token')
      .where('caller', '=', caller)
      .where('operation', '=', operation)
      .where('token', '=', token);

  return {
    /** What was answered since a time (RFC 3339), and to which request, as SHA-256. */
    find: (
      key: RetryTokenKey,
      since: string,
    ): Promise<{ request: Buffer; answer: string } | undefined> =>
      of(key).where('at', '>=', since).select(['request', 'answer']).executeTakeFirst(),

    /** Remembers an answer, instead of one of before. */
    async put(
      key: RetryTokenKey,
      said: { request: Buffer; answer: string; at: string },
    ): Promise<void> {
      await db
        .insertInto('retry_token')
        .values({ ...key, ...said })
        .onConflict((c) => c.columns(['caller', 'operation', 'token']).doUpdateSet(said))
        .execute();
    },

    /** Removes those from before a time (RFC 3339). */
    async prune(before: string): Promise<void> {
      await db.deleteFrom('retry_token').where('at', '<', before).execute();
    },
  };
}

export type RetryTokenTable = ReturnType<typeof createRetryTokenTable>;
