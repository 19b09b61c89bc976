import { sql } from 'kysely';
import type { StateDb } from './state.ts';
import { isTold, note } from './told.ts';

/** What a webhook is sent. Times in RFC 3339. */
export interface Delivery {
  id: number;
  webhook: number;
  /** The same for all webhooks, and at each try. */
  eventId: string;
  event: string;
  /** JSON, as it is sent. */
  body: string;
  state: 'waiting' | 'delivered' | 'given_up';
  createdAt: string;
  /** How often it was sent. */
  tries: number;
  /** When it is tried next; null where it does not wait. */
  nextAt: string | null;
  endedAt: string | null;
  problem: string | null;
}

export interface NewEvent {
  id: string;
  event: string;
  body: string;
  at: string;
  /** What it tells of, where that is told once. */
  once?: readonly Once[] | undefined;
}

/** What is not told twice: something in some state. */
export interface Once {
  subject: string;
  state: string;
  /** Told again all the same if it was told before this time (RFC 3339). */
  unlessBefore?: string;
}

/** So many deliveries of a webhook wait at most: the oldest ones give way. */
const mostWaiting = 1000;
const madeWay = `gave way to newer ones: more than ${mostWaiting} were waiting`;

/** The queue of what webhooks are sent, and what became of it. */
export function createDeliveryTable(db: StateDb) {
  const columns = () =>
    db
      .selectFrom('delivery')
      .select(['id', 'webhook', 'event_id as eventId', 'event', 'body', 'state', 'tries'])
      .select(['created_at as createdAt', 'next_at as nextAt', 'ended_at as endedAt', 'problem']);

  const giveUp = (tx: StateDb, problem: string, at: string) =>
    tx
      .updateTable('delivery')
      .set({ state: 'given_up', next_at: null, ended_at: at, problem })
      .where('state', '=', 'waiting');

  return {
    /** Queues an event for all that want it. Gives the webhooks' ids; undefined where it was told before. */
    async add({ id, event, body, at, once }: NewEvent): Promise<number[] | undefined> {
      return db.transaction().execute(async (tx) => {
        if (once && (await areTold(tx, event, once))) return undefined;
        const wanting = await tx
          .selectFrom('webhook')
          .where(
            sql<boolean>`events = '[]' OR EXISTS (SELECT 1 FROM json_each(events) WHERE value = ${event})`,
          )
          .select('id')
          .execute();
        for (const { id: webhook } of wanting) {
          const row = { webhook, event_id: id, event, body, state: 'waiting' as const };
          await tx
            .insertInto('delivery')
            .values({ ...row, created_at: at, next_at: at })
            .execute();
          const tooMany = tx
            .selectFrom('delivery')
            .where('webhook', '=', webhook)
            .where('state', '=', 'waiting')
            .orderBy('id', 'desc')
            .limit(-1)
            .offset(mostWaiting)
            .select('id');
          await giveUp(tx, madeWay, at).where('id', 'in', tooMany).execute();
        }
        for (const { subject, state } of once ?? []) await note(tx, event, { subject, state, at });
        return wanting.map((row) => row.id);
      });
    },

    /** The webhooks for which something waits. */
    async waiting(): Promise<number[]> {
      const rows = await db
        .selectFrom('delivery')
        .where('next_at', 'is not', null)
        .select('webhook')
        .distinct()
        .execute();
      return rows.map((row) => row.webhook);
    },

    /** What a webhook is sent next, be it due or not. */
    async next(webhook: number): Promise<(Delivery & { nextAt: string }) | undefined> {
      const row = await columns()
        .where('webhook', '=', webhook)
        .where('next_at', 'is not', null)
        .orderBy('next_at')
        .orderBy('id')
        .executeTakeFirst();
      return row as (Delivery & { nextAt: string }) | undefined;
    },

    async delivered(id: number, at: string): Promise<void> {
      await db
        .updateTable('delivery')
        .set((e) => ({
          ...{ state: 'delivered' as const, next_at: null, ended_at: at, problem: null },
          tries: e('tries', '+', 1),
        }))
        .where('id', '=', id)
        .execute();
    },

    /** A try failed. Without a time for the next one it is given up. */
    async failed(
      id: number,
      { problem, at, nextAt }: { problem: string; at: string; nextAt: string | undefined },
    ): Promise<void> {
      await db
        .updateTable('delivery')
        .set((e) => ({
          ...{ tries: e('tries', '+', 1), problem, next_at: nextAt ?? null },
          ...(nextAt === undefined && { state: 'given_up' as const, ended_at: at }),
        }))
        .where('id', '=', id)
        .execute();
    },

    /** Nobody answers: nothing is sent there before `until`, and what waits since before `tooOld` is given up. */
    async rest(
      webhook: number,
      {
        until,
        tooOld,
        at,
        problem,
      }: { until: string; tooOld: string; at: string; problem: string },
    ): Promise<void> {
      await db.transaction().execute(async (tx) => {
        await giveUp(tx, problem, at)
          .where('webhook', '=', webhook)
          .where('created_at', '<', tooOld)
          .execute();
        await tx
          .updateTable('delivery')
          .set({ next_at: until })
          .where('webhook', '=', webhook)
          .where('next_at', '<', until)
          .execute();
      });
    },

    /** The last deliveries of a webhook, the newest first. */
    async last(webhook: number, most: number): Promise<Delivery[]> {
      return columns().where('webhook', '=', webhook).orderBy('id', 'desc').limit(most).execute();
    },

    /** Of each webhook: how many deliveries are in each state, as far as they are kept. */
    async counts(): Promise<{ webhook: number; state: Delivery['state']; count: number }[]> {
      return db
        .selectFrom('delivery')
        .groupBy(['webhook', 'state'])
        .select(['webhook', 'state'])
        .select((e) => e.fn.countAll<number>().as('count'))
        .execute();
    },

    /** Removes what ended before a time, and of each webhook all but the last `most`. */
    async prune(before: string, most: number): Promise<void> {
      await db
        .deleteFrom('delivery')
        .where('state', '!=', 'waiting')
        .where((e) =>
          e.or([
            e('ended_at', '<', before),
            sql<boolean>`(SELECT count(*) FROM delivery AS later WHERE later.webhook = delivery.webhook
              AND later.state = delivery.state AND later.id > delivery.id) >= ${most}`,
          ]),
        )
        .execute();
    },
  };
}

async function areTold(tx: StateDb, event: string, all: readonly Once[]): Promise<boolean> {
  for (const one of all) if (!(await isTold(tx, event, one))) return false;
  return true;
}

export type DeliveryTable = ReturnType<typeof createDeliveryTable>;
