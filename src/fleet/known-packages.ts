import type { GroupCommit } from '../store/state/group-commit.ts';
import type { Nevra, ProfileTable } from '../store/state/profiles.ts';

/** So many are remembered; twice that for a moment. */
const mostKnown = 150_000;
/** So many are looked up in one transaction: others wait for as long. */
const atATime = 1000;

/** The ids of versions of packages, from memory where they were asked for lately. */
export function createKnownPackages(table: ProfileTable, commit: GroupCommit) {
  let known = new Map<string, number>();
  /** Those known before them; what is asked for again moves over. */
  let older = new Map<string, number>();

  function remember(key: string, id: number): void {
    if (known.size >= mostKnown) [older, known] = [known, new Map()];
    known.set(key, id);
  }

  function find(key: string): number | undefined {
    const id = known.get(key);
    if (id !== undefined) return id;
    const before = older.get(key);
    if (before !== undefined) remember(key, before);
    return before;
  }

  return {
    /** Ids in the order of the packages. New ones are made. */
    async idsOf(packages: readonly Nevra[]): Promise<number[]> {
      const ids = new Array<number>(packages.length);
      const missing: number[] = [];
      for (const [i, pkg] of packages.entries()) {
        const id = find(keyOf(pkg));
        if (id === undefined) missing.push(i);
        else ids[i] = id;
      }
      for (let from = 0; from < missing.length; from += atATime) {
        const places = missing.slice(from, from + atATime);
        const asked = places.map((i) => packages[i]!);
        const found = await commit.write((tx) => table.idsOf(tx, asked));
        for (const [i, place] of places.entries()) {
          ids[place] = found[i]!;
          remember(keyOf(packages[place]!), found[i]!);
        }
      }
      return ids;
    },
  };
}

// XML cannot carry what stands between them.
const keyOf = (p: Nevra): string => `${p.name}\0${p.version}\0${p.release}\0${p.epoch}\0${p.arch}`;
