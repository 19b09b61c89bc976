import type { Lens, LensTable } from '../store/state/lenses.ts';
import type { ChannelReader } from './channel-lists.ts';

export type Lenses = Awaited<ReturnType<typeof createLenses>>;

/** What instances and groups see of sources instead of their current revisions, all of it in memory. */
export async function createLenses(table: LensTable) {
  const onChanged: (() => void)[] = [];
  const all = new Map((await table.all()).map((lens) => [keyOf(lens), lens]));

  return {
    all: (): Lens[] => [...all.values()],

    /** That of an instance for a source, else that of the first of its groups that has one. */
    of({ id, groups }: Pick<ChannelReader, 'id' | 'groups'>, label: string): Lens | undefined {
      if (all.size === 0) return undefined;
      const own = all.get(keyOf({ scope: 'instance', subject: String(id), label }));
      if (own) return own;
      for (const subject of groups) {
        const lens = all.get(keyOf({ scope: 'group', subject, label }));
        if (lens) return lens;
      }
      return undefined;
    },

    find: (lens: Pick<Lens, 'scope' | 'subject' | 'label'>): Lens | undefined =>
      all.get(keyOf(lens)),

    async put(lens: Lens): Promise<void> {
      await table.put(lens);
      all.set(keyOf(lens), lens);
      for (const hook of onChanged) hook();
    },

    /** Removes that of a source, or all that an instance or a group has; gives what was there. */
    async remove(scope: Lens['scope'], subject: string, label?: string): Promise<Lens[]> {
      await table.remove(scope, subject, label);
      const gone = [...all.values()].filter(
        (l) =>
          l.scope === scope && l.subject === subject && (label === undefined || l.label === label),
      );
      for (const lens of gone) all.delete(keyOf(lens));
      for (const hook of onChanged) hook();
      return gone;
    },

    /** Calls `hook` when somebody sees something else. */
    onChanged: (hook: () => void): void => void onChanged.push(hook),

    /** Those that are shown a channel, or a form of it with `@`. */
    showing: (label: string): Lens[] =>
      [...all.values()].filter((l) => l.channel === label || l.channel.startsWith(`${label}@`)),
  };
}

const keyOf = ({ scope, subject, label }: Pick<Lens, 'scope' | 'subject' | 'label'>): string =>
  JSON.stringify([scope, subject, label]);
