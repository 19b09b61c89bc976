import { ownText } from '../base/own-text.ts';
import type { GroupCommit } from '../store/state/group-commit.ts';
import type { Nevra, ProfileTable } from '../store/state/profiles.ts';

/** So many are remembered; twice that for a moment. */
const mostKnown = 150_000;
/** So many of one name: they are looked through. */
const mostOfName = 100;
/** So many are looked up in one transaction: others wait for as long. */
const atATime = 1000;

interface Known extends Nevra {
  id: number;
}

/** The ids of versions of packages, from memory where they were asked for lately. */
export function createKnownPackages(table: ProfileTable, commit: GroupCommit) {
  // By name: to put a key together of all that a version is takes five times as long as to compare.
  let known = new Map<string, Known[]>();
  /** Those known before them; what is asked for again moves over. */
  let older = new Map<string, Known[]>();
  let count = 0;

  function remember(pkg: Known): void {
    if (count >= mostKnown) {
      older = known;
      known = new Map();
      count = 0;
    }
    const same = known.get(pkg.name);
    if (!same) known.set(pkg.name, [pkg]);
    // Some other gives way.
    else if (same.length >= mostOfName) same[count % mostOfName] = pkg;
    else same.push(pkg);
    count++;
  }

  function find(pkg: Nevra): number | undefined {
    const found = among(known.get(pkg.name), pkg);
    if (found) return found.id;
    const before = among(older.get(pkg.name), pkg);
    if (before) remember(before);
    return before?.id;
  }

  return {
    forget(): void {
      known = new Map();
      older = new Map();
      count = 0;
    },

    /** Ids in the order of the packages. New ones are made. */
    async idsOf(packages: readonly Nevra[]): Promise<number[]> {
      const ids: number[] = [];
      const missing: number[] = [];
      for (const [i, pkg] of packages.entries()) {
        const id = find(pkg);
        ids.push(id ?? 0);
        if (id === undefined) missing.push(i);
      }
      for (let from = 0; from < missing.length; from += atATime) {
        const places = missing.slice(from, from + atATime);
        const asked = places.map((i) => packages[i]!);
        const found = await commit.write((tx) => table.idsOf(tx, asked));
        for (const [i, place] of places.entries()) {
          const id = found[i]!;
          ids[place] = id;
          if (find(packages[place]!) === undefined) remember({ id, ...ownCopy(packages[place]!) });
        }
      }
      return ids;
    },
  };
}

/** One that does not keep the profile in memory that it was read from. */
const ownCopy = ({ name, epoch, version, release, arch }: Nevra): Nevra => ({
  name: ownText(name),
  epoch: ownText(epoch),
  version: ownText(version),
  release: ownText(release),
  arch: ownText(arch),
});

function among(list: readonly Known[] | undefined, pkg: Nevra): Known | undefined {
  if (!list) return undefined;
  // A loop: this is looked for once for each package of each profile.
  for (const known of list) {
    if (
      known.version === pkg.version &&
      known.release === pkg.release &&
      known.arch === pkg.arch &&
      known.epoch === pkg.epoch
    )
      return known;
  }
  return undefined;
}
