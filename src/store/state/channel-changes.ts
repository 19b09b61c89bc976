import type { StateDb } from './state.ts';

/** When what a channel consists of changed last. */
export interface ChannelChange {
  channel: string;
  digest: string;
  /** Seconds since 1970. */
  modified: number;
}

export function createChannelChangeTable(db: StateDb) {
  return {
    all: (): Promise<ChannelChange[]> => db.selectFrom('channel_change').selectAll().execute(),

    async put(change: ChannelChange): Promise<void> {
      const { digest, modified } = change;
      await db
        .insertInto('channel_change')
        .values(change)
        .onConflict((c) => c.column('channel').doUpdateSet({ digest, modified }))
        .execute();
    },

    async remove(channel: string): Promise<void> {
      await db.deleteFrom('channel_change').where('channel', '=', channel).execute();
    },
  };
}

export type ChannelChangeTable = ReturnType<typeof createChannelChangeTable>;
