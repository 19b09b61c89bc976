import { LRUCache } from 'lru-cache';
import { hasFilters } from '../base/filters.ts';
import type { Source } from '../base/source.ts';
import type { Attachment, AttachmentTable } from '../store/state/attachments.ts';
import type { GroupCommit } from '../store/state/group-commit.ts';
import type { Lens } from '../store/state/lenses.ts';
import type { ContentChanges } from './content-changes.ts';
import { fits } from './fits.ts';

/** What of an instance decides about its channels. */
export interface ChannelReader {
  id: number;
  osRelease: string;
  arch: string;
  groups: readonly string[];
}

/** A channel as an instance is told of it. */
export interface ListedChannel {
  label: string;
  name: string;
  /** The label of its parent; undefined for the parent itself. */
  parent: string | undefined;
  arch: string | undefined;
  /** `YYYYMMDDHHMMSS`, UTC. */
  lastModified: string;
  /** Where its machine finds the keys of its packages; empty where there are none. */
  gpgKeyUrl: string;
}

export interface ChannelListDeps {
  attachments: AttachmentTable;
  commits: GroupCommit;
  changes: ContentChanges;
  source(label: string): Source | undefined;
  /** The lens of an instance for a source, if it has one: its own before those of its groups. */
  lensOf(reader: ChannelReader, label: string): Lens | undefined;
  keyUrl(source: Source): string;
}

export type ChannelLists = ReturnType<typeof createChannelLists>;

/** A source that an instance has, as it sees it. */
interface Shown {
  attachment: Attachment;
  source: Source;
  /** What it is called to the instance, and which channel that is. */
  label: string;
  channel: string;
  /** Whether something is held back from the instance. */
  isFiltered: boolean;
}

/** So many instances are remembered with what they have. */
const kept = 20_000;

/** What instances see: the sources that they have, under which name, and when each of these changed last. */
export function createChannelLists(deps: ChannelListDeps) {
  const { attachments, changes, source } = deps;
  const known = new LRUCache<number, Promise<Attachment[]>>({ max: kept });
  const onChanged: ((instance: number) => void)[] = [];

  function attached(instance: number): Promise<Attachment[]> {
    let found = known.get(instance);
    if (!found) {
      found = attachments.of(instance);
      known.set(instance, found);
      found.catch(() => known.delete(instance));
    }
    return found;
  }

  async function shownTo(reader: ChannelReader): Promise<Shown[]> {
    const shown: Shown[] = [];
    for (const attachment of await attached(reader.id)) {
      const own = source(attachment.label);
      if (!own || !fits(own, reader)) continue;
      const lens = deps.lensOf(reader, attachment.label);
      shown.push({
        attachment,
        source: own,
        label: lens?.under === 'own' ? ownLabel(lens) : own.label,
        channel: lens?.channel ?? own.label,
        isFiltered: lens !== undefined || isFiltered(own, source),
      });
    }
    // The parent first, as clients expect.
    return shown.sort((a, b) => Number(!!a.source.parent) - Number(!!b.source.parent));
  }

  /** When an instance is to read a channel anew, in seconds since 1970; undefined where there is nothing to read yet. */
  async function modifiedFor(reader: ChannelReader, shown: Shown): Promise<number | undefined> {
    const { attachment, channel } = shown;
    const modified = await changes.modified(channel);
    if (modified === undefined) return undefined;
    if (attachment.served !== channel) {
      // What it sees under this name is another channel from now on.
      if (attachment.served !== null) attachment.since = changes.switched();
      attachment.served = channel;
      await deps.commits.write((tx) => attachments.put(tx, reader.id, attachment));
    }
    return Math.max(modified, attachment.since);
  }

  return {
    /** The channels of an instance that can be read, its parent first. */
    async list(reader: ChannelReader): Promise<ListedChannel[]> {
      const all = await shownTo(reader);
      const labelOf = new Map(all.map((shown) => [shown.source.label, shown.label]));
      const listed: ListedChannel[] = [];
      for (const shown of all) {
        const modified = await modifiedFor(reader, shown);
        if (modified === undefined) continue;
        const { name, parent, arch } = shown.source;
        listed.push({
          label: shown.label,
          name,
          parent: parent && (labelOf.get(parent) ?? parent),
          arch,
          lastModified: stamp(modified),
          gpgKeyUrl: deps.keyUrl(shown.source),
        });
      }
      return listed;
    },

    /** The channels that an instance reads, as `label` or `label@` with a revision, snapshot or time. */
    channels: async (reader: ChannelReader): Promise<string[]> =>
      (await shownTo(reader)).map((shown) => shown.channel),

    /** The sources that an instance has, each with the channel that it reads there, its parent first. */
    reads: async (reader: ChannelReader): Promise<{ label: string; channel: string }[]> =>
      (await shownTo(reader)).map((shown) => ({
        label: shown.source.label,
        channel: shown.channel,
      })),

    /**
     * The channel that an instance reads where it asks for a label, or for what that was at `spec` (a revision, snapshot or
     * time); undefined where it may not. Past what is held back it may go only if it was allowed to.
     */
    async served(reader: ChannelReader, label: string, spec?: string): Promise<string | undefined> {
      const found = (await shownTo(reader)).find((shown) => shown.label === label);
      if (!found || spec === undefined) return found?.channel;
      if (found.isFiltered && !found.attachment.history) return undefined;
      return `${found.source.label}@${spec}`;
    },

    /** The sources that an instance has, whether they can be read or not. */
    async attached(instance: number): Promise<readonly Attachment[]> {
      return await attached(instance);
    },

    /** To be called when the attachments of an instance changed, or it is gone. */
    forget(instance: number): void {
      known.delete(instance);
      for (const hook of onChanged) hook(instance);
    },

    /** Calls `hook` when an instance got other sources, or is gone. */
    onChanged: (hook: (instance: number) => void): void => void onChanged.push(hook),
  };
}

/** What a lens is called that is shown under a name of its own: that of its channel, of which one revision may be meant. */
const ownLabel = ({ channel }: Lens): string => channel.replaceAll(/[^A-Za-z0-9_.:-]/g, '-');

/** Whether a source, or one that it is made of, holds something back of what that is made of. */
function isFiltered(source: Source, find: (label: string) => Source | undefined): boolean {
  if (source.kind !== 'view') return source.kind !== 'mirrored';
  if (source.filters.asOf !== null || hasFilters(source.filters)) return true;
  return source.from.some((label) => {
    const parent = find(label);
    return !parent || isFiltered(parent, find);
  });
}

/** Seconds since 1970 as `YYYYMMDDHHMMSS`. */
const stamp = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replaceAll(/[-:T]|\..*$/g, '');
