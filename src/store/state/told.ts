import { sql } from 'kysely';
import type { StateDb } from './state.ts';

/** What was told last of something. */
export interface Told {
  /** What it was like then. */
  state: string;
  /** RFC 3339. */
  at: string;
}

/** Whether something was told of in that state. */
export async function isTold(
  tx: StateDb,
  event: string,
  { subject, state, unlessBefore = '' }: { subject: string; state: string; unlessBefore?: string },
): Promise<boolean> {
  const row = await tx
    .selectFrom('told')
    .where('event', '=', event)
    .where('subject', '=', subject)
    .where('state', '=', state)
    .where('at', '>=', unlessBefore)
    .select('at')
    .executeTakeFirst();
  return row !== undefined;
}

/** From now on it counts as told. */
export async function note(
  tx: StateDb,
  event: string,
  { subject, state, at }: { subject: string } & Told,
): Promise<void> {
  await tx
    .insertInto('told')
    .values({ event, subject, state, at })
    .onConflict((c) => c.columns(['event', 'subject']).doUpdateSet({ state, at }))
    .execute();
}

/** What was told, so that nobody is told the same twice. */
export function createToldTable(db: StateDb) {
  return {
    async of(event: string, subject: string): Promise<Told | undefined> {
      return db
        .selectFrom('told')
        .where('event', '=', event)
        .where('subject', '=', subject)
        .select(['state', 'at'])
        .executeTakeFirst();
    },

    note: (event: string, about: { subject: string } & Told) => note(db, event, about),

    async forget(event: string, subject: string): Promise<void> {
      await db
        .deleteFrom('told')
        .where('event', '=', event)
        .where('subject', '=', subject)
        .execute();
    },

    /** Removes what was told of an event before a time. */
    async prune(event: string, before: string): Promise<void> {
      await db.deleteFrom('told').where('event', '=', event).where('at', '<', before).execute();
    },

    /**
     * Registered instances after an id, by id, of which nothing was heard since `before` (RFC 3339), and which were not told of
     * since they fell silent.
     */
    async silent(event: string, { before, after, most }: SilentQuery): Promise<SilentInstance[]> {
      const heard = sql<string>`coalesce(seen_at, registered_at)`;
      return db
        .selectFrom('instance')
        .where('state', '=', 'registered')
        .where('id', '>', after)
        .where(heard, '<', before)
        .where(
          sql<boolean>`NOT EXISTS (SELECT 1 FROM told WHERE event = ${event}
            AND subject = CAST(instance.id AS TEXT) AND told.state = ${heard})`,
        )
        .orderBy('id')
        .limit(most)
        .select(['id', 'name', 'address', 'compartment', heard.as('heardAt')])
        .execute();
    },

    /** Of instances that are there no more. */
    async forgetRemoved(event: string): Promise<void> {
      await db
        .deleteFrom('told')
        .where('event', '=', event)
        .where(
          sql<boolean>`NOT EXISTS (SELECT 1 FROM instance WHERE id = CAST(told.subject AS INTEGER))`,
        )
        .execute();
    },
  };
}

interface SilentQuery {
  before: string;
  after: number;
  most: number;
}

export interface SilentInstance {
  id: number;
  name: string;
  address: string | null;
  compartment: string | null;
  /** RFC 3339. */
  heardAt: string;
}

export type ToldTable = ReturnType<typeof createToldTable>;
