import type { StateDb } from './state.ts';

/** What somebody did, or was refused. */
export interface AuditEntry {
  /** RFC 3339. */
  at: string;
  /** user:NAME, instance:ID, key:NAME, or anyone. */
  actor: string;
  event: string;
  instance: number | null;
  /** What else it is about: a label, a group, an action. */
  subject: string | null;
  /** Where it came from; null for the command line. */
  address: string | null;
  detail: string | null;
  /** How a request was answered; null for what was none. */
  result: string | null;
  request_id: string | null;
}

export interface AuditQuery {
  instance?: number | undefined;
  event?: string | undefined;
  /** As entries name them. */
  actor?: string | undefined;
  requestId?: string | undefined;
  /** RFC 3339. */
  since?: string | undefined;
  limit: number;
}

/** The trail of what people and instances did. */
export function createAuditTable(db: StateDb) {
  return {
    async append(tx: StateDb, entries: readonly AuditEntry[]): Promise<void> {
      await tx.insertInto('audit').values(entries).execute();
    },

    /** The latest first. */
    async query({
      instance,
      event,
      actor,
      requestId,
      since,
      limit,
    }: AuditQuery): Promise<AuditEntry[]> {
      let query = db
        .selectFrom('audit')
        .select([
          'at',
          'actor',
          'event',
          'instance',
          'subject',
          'address',
          'detail',
          'result',
          'request_id',
        ])
        .orderBy('id', 'desc')
        .limit(limit);
      if (instance !== undefined) query = query.where('instance', '=', instance);
      if (event !== undefined) query = query.where('event', '=', event);
      if (actor !== undefined) query = query.where('actor', '=', actor);
      if (requestId !== undefined) query = query.where('request_id', '=', requestId);
      if (since !== undefined) query = query.where('at', '>=', since);
      return query.execute();
    },

    /** Removes at most `most` entries from before a time (RFC 3339); gives how many. */
    async prune(tx: StateDb, before: string, most: number): Promise<number> {
      const { numDeletedRows } = await tx
        .deleteFrom('audit')
        .where('id', 'in', (e) =>
          e.selectFrom('audit').where('at', '<', before).orderBy('at').limit(most).select('id'),
        )
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
}

export type AuditTable = ReturnType<typeof createAuditTable>;
