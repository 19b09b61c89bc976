import { explain } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { ChannelChange, ChannelChangeTable } from '../store/state/channel-changes.ts';

export interface ContentChangesDeps {
  table: ChannelChangeTable;
  log: Log;
  /** What clients would see of a channel, as a digest; undefined where there is nothing yet. Throws AppErrors. */
  digestOf(channel: string): Promise<string | undefined>;
  /** Whether what a channel consists of may change when that of a label does. */
  drawsOn(channel: string, label: string): boolean;
  /** The latest time that instances were told of otherwise, in seconds since 1970. */
  latest(): Promise<number>;
}

export type ContentChanges = Awaited<ReturnType<typeof createContentChanges>>;

/**
 * When what channels consist of changed last, as instances are told. It moves when the digest of that moves, by at least a
 * second and never back, also where the clock does.
 */
export async function createContentChanges(deps: ContentChangesDeps) {
  const { table, log } = deps;
  const rows = await table.all();
  const known = new Map(rows.map((row) => [row.channel, row]));
  /** The latest time that any instance was told. */
  let last = rows.reduce((most, row) => Math.max(most, row.modified), await deps.latest());
  const looking = new Map<string, Promise<number | undefined>>();
  /** Channels that changed while they were looked at. */
  const again = new Set<string>();

  /** Now, or the second after the latest that any instance was told. */
  function next(): number {
    last = Math.max(Math.floor(Date.now() / 1000), last + 1);
    return last;
  }

  function look(channel: string): Promise<number | undefined> {
    let work = looking.get(channel);
    if (!work) {
      work = lookUntilCurrent(channel).finally(() => looking.delete(channel));
      looking.set(channel, work);
    }
    return work;
  }

  async function lookUntilCurrent(channel: string): Promise<number | undefined> {
    do {
      again.delete(channel);
      const digest = await deps.digestOf(channel);
      if (digest === undefined || digest === known.get(channel)?.digest) continue;
      const change: ChannelChange = { channel, digest, modified: next() };
      known.set(channel, change);
      await table.put(change);
    } while (again.has(channel));
    return known.get(channel)?.modified;
  }

  async function lookAt(channels: Iterable<string>): Promise<void> {
    for (const channel of channels) {
      if (looking.has(channel)) again.add(channel);
      await look(channel).catch((error) =>
        log.warn({ channel, reason: explain(error) }, 'not known whether this changed'),
      );
    }
  }

  return {
    /** When it changed last, in seconds since 1970; undefined where there is nothing yet, or nothing that can be read. */
    async modified(channel: string): Promise<number | undefined> {
      const change = known.get(channel);
      if (change) return change.modified;
      return look(channel).catch((error) => {
        log.warn({ channel, reason: explain(error) }, 'not known when this changed');
        return undefined;
      });
    },

    /** To be called when a source got a new revision, or other filters: decides for all that draw on it. */
    changed: (label: string): Promise<void> =>
      lookAt([...known.keys()].filter((channel) => deps.drawsOn(channel, label))),

    /** To be called when anything may have changed, as in the time when nobody served. */
    lookAtAll: (): Promise<void> => lookAt([...known.keys()]),

    /** What instances are shown under a name became another channel: the time to tell them. */
    switched: next,

    /** The time to tell of what somebody sees for the first time. */
    now(): number {
      last = Math.max(Math.floor(Date.now() / 1000), last);
      return last;
    },

    /** Nobody is told of a channel any more. */
    async forget(channel: string): Promise<void> {
      known.delete(channel);
      await table.remove(channel);
    },
  };
}
