import { BitSet } from '../base/bit-set.ts';
import type { GroupCommit } from '../store/state/group-commit.ts';
import { unpackProfile } from '../store/state/packed-profile.ts';
import type { ProfileTable } from '../store/state/profiles.ts';
import type { Gate } from './gate.ts';

interface Deps {
  table: ProfileTable;
  commit: GroupCommit;
  /** Who writes a profile passes it. */
  gate: Gate;
  /** Forgets the ids that memory knows. */
  forgetIds(): void;
}

/** Profiles that are read at a time, and versions that are removed at a time. */
const atATime = 100;
const removedAtATime = 1000;
/** Profiles cannot be written meanwhile: the rest is left to the next time. */
const mostRemoved = 20_000;

/** Versions of packages that no instance has any more. */
export function createUnusedPackages({ table, commit, gate, forgetIds }: Deps) {
  /** Instances whose profiles were written while all are read. */
  let written: Set<number> | undefined;
  let running: Promise<number> | undefined;

  async function mark(used: BitSet): Promise<void> {
    for (let last = 0; ; ) {
      const page = await table.after(last, atATime);
      for (const { packages } of page)
        for (const id of unpackProfile(packages).keys()) used.add(id);
      if (page.length < atATime) return;
      last = page.at(-1)!.instance;
      // Others get their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function remove(): Promise<number> {
    const used = new BitSet();
    const meanwhile = new Set<number>();
    written = meanwhile;
    await mark(used);
    return gate.alone(async () => {
      for (const instance of meanwhile) {
        const profile = await table.find(instance);
        if (!profile) continue;
        for (const id of unpackProfile(profile.packages).keys()) used.add(id);
      }
      const unused = await table.idsWithout((id) => used.has(id), mostRemoved);
      forgetIds();
      for (let i = 0; i < unused.length; i += removedAtATime) {
        const ids = unused.slice(i, i + removedAtATime);
        await commit.write((tx) => table.removeIds(tx, ids));
      }
      return unused.length;
    });
  }

  return {
    /** To be told of each instance whose profile is written. */
    wrote: (instance: number): void => void written?.add(instance),

    /** Removes some; gives how many. */
    remove(): Promise<number> {
      running ??= remove().finally(() => {
        running = undefined;
        written = undefined;
      });
      return running;
    },
  };
}
