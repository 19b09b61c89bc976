import type { StateDb } from './state.ts';

/** Whom to tell of what happens. */
export interface Webhook {
  id: number;
  name: string;
  /** May hold credentials. */
  url: string;
  /** What bodies are signed with. */
  secret: Buffer;
  /** Names of events; empty for all. */
  events: string[];
  /** RFC 3339. */
  createdAt: string;
  createdBy: string;
}

export function createWebhookTable(db: StateDb) {
  const all = () =>
    db
      .selectFrom('webhook')
      .select(['id', 'name', 'url', 'secret', 'events'])
      .select(['created_at as createdAt', 'created_by as createdBy'])
      .orderBy('name');

  const read = (row: Omit<Webhook, 'events'> & { events: string }): Webhook => ({
    ...row,
    events: JSON.parse(row.events) as string[],
  });

  return {
    async all(): Promise<Webhook[]> {
      return (await all().execute()).map(read);
    },

    async find(id: number): Promise<Webhook | undefined> {
      const row = await all().where('id', '=', id).executeTakeFirst();
      return row && read(row);
    },

    async named(name: string): Promise<Webhook | undefined> {
      const row = await all().where('name', '=', name).executeTakeFirst();
      return row && read(row);
    },

    /** Undefined where there is one of that name. */
    async add({
      createdAt,
      createdBy,
      events,
      ...about
    }: Omit<Webhook, 'id'>): Promise<Webhook | undefined> {
      const row = await db
        .insertInto('webhook')
        .values({
          ...about,
          events: JSON.stringify(events),
          created_at: createdAt,
          created_by: createdBy,
        })
        .onConflict((c) => c.doNothing())
        .returning('id')
        .executeTakeFirst();
      return row && { ...about, id: row.id, events, createdAt, createdBy };
    },

    /** With what waits for it, and what was sent to it. */
    async remove(id: number): Promise<void> {
      await db.deleteFrom('webhook').where('id', '=', id).execute();
    },
  };
}

export type WebhookTable = ReturnType<typeof createWebhookTable>;
