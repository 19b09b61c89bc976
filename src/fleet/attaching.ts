import type { Source } from '../base/source.ts';
import type { Attachment, AttachmentTable } from '../store/state/attachments.ts';
import type { GroupCommit, StateTransaction } from '../store/state/group-commit.ts';
import type { ChannelLists, ChannelReader } from './channel-lists.ts';
import type { ContentChanges } from './content-changes.ts';
import { fits } from './fits.ts';
import { refused } from './refusals.ts';
import { createTurns } from './turns.ts';

export interface AttachingDeps {
  attachments: AttachmentTable;
  commits: GroupCommit;
  changes: Pick<ContentChanges, 'now'>;
  lists: Pick<ChannelLists, 'attached' | 'forget'>;
  source(label: string): Source | undefined;
  sources(): Source[];
  /** The sources that instances get which register, the first entry that fits. */
  defaults(): DefaultSources[];
  /** The labels that a group gives to instances which join it. */
  ofGroup(group: string): Promise<readonly string[]>;
  audit: { note(entry: AuditNote): void };
}

export type Attaching = ReturnType<typeof createAttaching>;

/** What an instance of a release and architecture gets where nobody says otherwise. */
export interface DefaultSources {
  release: string | undefined;
  arch: string | undefined;
  sources: string[];
}

interface Attach {
  by: string;
  /** Whether older revisions may be read where something is held back; as it is where nothing is said. */
  history?: boolean | undefined;
}

interface AuditNote {
  actor: string;
  event: string;
  instance?: number;
  subject?: string;
}

/**
 * Which sources instances have: one parent at most, any of its children, and only what is for their release and
 * architecture. All throw what `refused` makes, and then nothing has changed for that instance.
 */
export function createAttaching(deps: AttachingDeps) {
  const { attachments, commits, lists, changes } = deps;
  const inTurn = createTurns();

  function named(label: string): Source {
    const source = deps.source(label);
    if (!source) {
      const hint = '`headwater source list` shows those there are';
      throw refused('no_such_channel', `there is no source ${label}`, hint);
    }
    return source;
  }

  /** What an instance would have besides what it has. */
  async function plan(reader: ChannelReader, labels: readonly string[]): Promise<Source[]> {
    const had = (await lists.attached(reader.id)).map((a) => a.label);
    const wanted = labels.map(named).filter((source) => !had.includes(source.label));
    for (const source of wanted) {
      if (fits(source, reader)) continue;
      const why = `${source.label} is for ${[source.release && `release ${source.release}`, source.arch].filter(Boolean).join(', ')}, and instance ${reader.id} has release ${reader.osRelease}, ${reader.arch}`;
      throw refused('not_permitted', why);
    }
    // Of what it has, sources that are gone do not stand in the way.
    const all = [...had.flatMap((label) => deps.source(label) ?? []), ...wanted];
    const parents = all.filter((source) => !source.parent);
    if (parents.length > 1) {
      const [first, second] = parents;
      throw refused(
        'second_base',
        `an instance has one parent source, and ${reader.id} would have ${first!.label} and ${second!.label}`,
        `detach ${first!.label} first, or make ${second!.label} its child (\`parent: ${first!.label}\`)`,
      );
    }
    for (const { label, parent } of wanted) {
      if (!parent || parents[0]?.label === parent) continue;
      throw refused(
        'second_base',
        `${label} is a child of ${parent}, which instance ${reader.id} does not have`,
        `attach ${parent} with it`,
      );
    }
    return wanted;
  }

  async function put(
    tx: StateTransaction,
    instance: number,
    labels: readonly string[],
    history: boolean,
  ): Promise<void> {
    for (const label of labels) {
      await attachments.put(tx, instance, { label, served: null, since: changes.now(), history });
    }
  }

  async function attachNow(
    reader: ChannelReader,
    labels: readonly string[],
    { by, history }: Attach,
  ): Promise<void> {
    const wanted = (await plan(reader, labels)).map((source) => source.label);
    const before = await lists.attached(reader.id);
    const changed: Attachment[] = before
      .filter((a) => labels.includes(a.label) && history !== undefined && a.history !== history)
      .map((a) => ({ ...a, history: history === true }));
    if (wanted.length + changed.length === 0) return;
    await commits.write(async (tx) => {
      await put(tx, reader.id, wanted, history ?? false);
      for (const attachment of changed) await attachments.put(tx, reader.id, attachment);
    });
    lists.forget(reader.id);
    for (const subject of wanted) {
      deps.audit.note({ actor: by, event: 'source.attached', instance: reader.id, subject });
    }
  }

  async function detachNow(
    reader: ChannelReader,
    labels: readonly string[],
    { by }: { by: string },
  ): Promise<void> {
    const had = (await lists.attached(reader.id)).map((a) => a.label);
    const gone = had.filter((label) => labels.includes(label));
    const orphans = had.filter((label) => {
      const parent = deps.source(label)?.parent;
      return !gone.includes(label) && parent !== undefined && gone.includes(parent);
    });
    if (orphans.length > 0) {
      throw refused(
        'leaving_base',
        `instance ${reader.id} has children of what it would leave: ${orphans.join(', ')}`,
        'detach them with it',
      );
    }
    if (gone.length === 0) return;
    await commits.write((tx) => attachments.remove(tx, reader.id, gone));
    lists.forget(reader.id);
    for (const subject of gone) {
      deps.audit.note({ actor: by, event: 'source.detached', instance: reader.id, subject });
    }
  }

  // Of two that change an instance at the same time, the second goes from what the first left.
  const attach = (reader: ChannelReader, labels: readonly string[], about: Attach) =>
    inTurn(reader.id, () => attachNow(reader, labels, about));
  const detach = (reader: ChannelReader, labels: readonly string[], about: { by: string }) =>
    inTurn(reader.id, () => detachNow(reader, labels, about));

  /** The sources that it gets by the configuration: those of the first entry for its release and architecture. */
  function defaultsFor(reader: Pick<ChannelReader, 'osRelease' | 'arch'>): string[] {
    return deps.defaults().find((entry) => fits(entry, reader))?.sources ?? [];
  }

  /** Which of these it may have together, in the order of their importance. */
  function fitting(reader: ChannelReader, labels: readonly string[]): string[] {
    const found = [...new Set(labels)].flatMap((label) => deps.source(label) ?? []);
    const usable = found.filter((source) => fits(source, reader));
    const parent = usable.find((source) => !source.parent);
    return usable
      .filter((source) => source === parent || (parent && source.parent === parent.label))
      .map((source) => source.label);
  }

  /** Takes from an instance what is not for its system, or not with its parent; gives what stays. */
  async function dropUnfit(reader: ChannelReader, by: string): Promise<string[]> {
    const had = (await lists.attached(reader.id)).map((a) => a.label);
    const stays = fitting(reader, had);
    const gone = had.filter((label) => !stays.includes(label));
    if (gone.length > 0) await detach(reader, gone, { by });
    return stays;
  }

  /** These labels, and those that groups give. */
  async function givenTo(groups: readonly string[], labels: readonly string[]): Promise<string[]> {
    const ofGroups = await Promise.all(groups.map(deps.ofGroup));
    return [...new Set([...labels, ...ofGroups.flat()])];
  }

  /** The parents among these that are for a system. */
  const parentsIn = (system: Pick<ChannelReader, 'osRelease' | 'arch'>, labels: string[]) =>
    labels.filter((label) => {
      const found = deps.source(label);
      return found && !found.parent && fits(found, system);
    });

  return {
    attach,
    detach,

    /** Refuses registration keys that, with the groups they lead into, give two parents for one release and architecture. */
    async requireOneParent(
      system: Pick<ChannelReader, 'osRelease' | 'arch' | 'groups'>,
      labels: readonly string[],
    ): Promise<void> {
      const parents = parentsIn(system, await givenTo(system.groups, labels));
      if (parents.length <= 1) return;
      throw refused(
        'key_conflict',
        `the registration keys and groups give two parent sources: ${parents.join(', ')}`,
      );
    },

    /**
     * What an instance gets that registers: what its keys and groups give, or else the defaults of the configuration; of
     * these what is for it. A record that was there before keeps what it has, as far as that is for its system now.
     */
    async attachInitial(
      reader: ChannelReader,
      { labels, by }: { labels: readonly string[]; by: string },
    ): Promise<void> {
      const given = await givenTo(reader.groups, labels);
      const stays = await dropUnfit(reader, by);
      // Children alone go with the parent that is there, or is the default.
      const hasParent = parentsIn(reader, [...stays, ...given]).length > 0;
      const wanted = hasParent ? [...stays, ...given] : [...defaultsFor(reader), ...given];
      await attach(reader, fitting(reader, wanted), { by });
    },

    /** The children of its parent that it could have besides those it has; without a parent, the parents that are for it. */
    async attachable(reader: ChannelReader): Promise<Source[]> {
      const had = (await lists.attached(reader.id)).map((a) => a.label);
      const parent = had.find((label) => deps.source(label) && !deps.source(label)?.parent);
      return deps
        .sources()
        .filter((s) => s.parent === parent && !had.includes(s.label) && fits(s, reader));
    },

    /** An instance has another release: what is not for that goes, and what is the default there comes. */
    async moveToRelease(reader: ChannelReader, by: string): Promise<void> {
      const stays = await dropUnfit(reader, by);
      const wanted = fitting(reader, [...stays, ...defaultsFor(reader)]);
      await attach(reader, wanted, { by });
    },
  };
}
