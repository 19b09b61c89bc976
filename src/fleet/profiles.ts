import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { AppError, errorCode } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { GroupCommit } from '../store/state/group-commit.ts';
import { packProfile, unpackProfile } from '../store/state/packed-profile.ts';
import type { Nevra, ProfileTable } from '../store/state/profiles.ts';
import { createGate } from './gate.ts';
import { createKnownPackages } from './known-packages.ts';
import { refused } from './refusals.ts';
import type { RunWatch } from './run-watch.ts';
import { createTurns } from './turns.ts';
import { createUnusedPackages } from './unused-packages.ts';

export type Profiles = ReturnType<typeof createProfiles>;

/** An installed package. The epoch is empty for none. */
export interface ProfilePackage extends Nevra {
  /** Seconds since 1970. */
  installedAt?: number | undefined;
}

interface Deps {
  table: ProfileTable;
  commit: GroupCommit;
  /** What looks at the profiles of instances that are at work. */
  watch?: Pick<RunWatch, 'watches' | 'came' | 'write' | 'reported'>;
}

const mostDigests = 20_000;

/** Package profiles: what is installed on each instance. */
export function createProfiles({ table, commit, watch }: Deps) {
  const known = createKnownPackages(table, commit);
  /** Of what each instance's profile is on the disk, in hexadecimal. */
  const digests = new LRUCache<number, string>({ max: mostDigests });
  const turns = createTurns();
  const gate = createGate();
  const onChanged: ((id: number) => void)[] = [];
  const unused = createUnusedPackages({ table, commit, gate, forgetIds: known.forget });
  const inTurn = (id: number, work: () => Promise<void>) =>
    turns(id, async () => {
      await gate.pass(work);
      if (watch?.watches(id)) await watch.reported(id);
    });

  async function write(id: number, installed: ReadonlyMap<number, number>): Promise<void> {
    const packages = packProfile(installed);
    const digest = createHash('sha256').update(packages).digest();
    const hex = digest.toString('hex');
    const before = digests.get(id) ?? (await table.digestOf(id))?.toString('hex');
    if (before === hex) return;
    try {
      unused.wrote(id);
      const came = watch?.watches(id) && (await watch.came(await installedOn(id), installed));
      await commit.write(async (tx) => {
        await table.write(tx, id, { packages, digest, count: installed.size });
        if (came) await watch!.write(tx, id, came);
      });
    } catch (error) {
      if (errorCode(error) !== 'SQLITE_CONSTRAINT_FOREIGNKEY') throw error;
      throw refused('systemid', 'there is no such instance any more');
    }
    digests.set(id, hex);
    for (const hook of onChanged) hook(id);
  }

  async function installedOn(id: number): Promise<Map<number, number>> {
    const profile = await table.find(id);
    return profile ? unpackProfile(profile.packages) : new Map();
  }

  return {
    /** What is installed on an instance from now on. Nothing is written if that is what was. */
    replace(id: number, packages: readonly ProfilePackage[]): Promise<void> {
      return inTurn(id, async () => {
        const ids = await known.idsOf(packages);
        const installed = new Map<number, number>();
        for (const [i, pkg] of packages.entries()) installed.set(ids[i]!, pkg.installedAt ?? 0);
        await write(id, installed);
      });
    },

    /** Adds packages to a profile, after others were taken off. Throws AppError 'limit' where they become too many. */
    change(
      id: number,
      { added, deleted }: { added: readonly ProfilePackage[]; deleted: readonly ProfilePackage[] },
    ): Promise<void> {
      return inTurn(id, async () => {
        requireFew(Math.max(added.length, deleted.length));
        const gone = await known.idsOf(deleted);
        const ids = await known.idsOf(added);
        const installed = await installedOn(id);
        for (const old of gone) installed.delete(old);
        for (const [i, pkg] of added.entries()) installed.set(ids[i]!, pkg.installedAt ?? 0);
        requireFew(installed.size);
        await write(id, installed);
      });
    },

    /** What is installed on an instance, by name. */
    async of(id: number): Promise<ProfilePackage[]> {
      const installed = await installedOn(id);
      const packages = await table.withIds([...installed.keys()]);
      return packages
        .map(({ id: nevra, ...pkg }) => ({
          ...pkg,
          installedAt: installed.get(nevra) || undefined,
        }))
        .sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
    },

    /** How many packages are installed; undefined where nothing was told. */
    count: table.count,
    counts: table.counts,

    /** Removes versions of packages that no instance has any more. */
    prune: unused.remove,

    /** Forgets what memory knows of an instance. */
    forget(id: number): void {
      digests.delete(id);
      for (const hook of onChanged) hook(id);
    },

    /** Calls `hook` when something else is installed on an instance than before. */
    onChanged: (hook: (id: number) => void): void => void onChanged.push(hook),
  };
}

function requireFew(packages: number): void {
  if (packages <= limits.profilePackages) return;
  throw new AppError('limit', `a profile has more than ${limits.profilePackages} packages`);
}
