import { LRUCache } from 'lru-cache';
import type { AdvisoryNumberTable } from '../store/state/advisory-numbers.ts';
import { refused } from './refusals.ts';

/** A build that an advisory ships. The epoch is empty where rpm says 0. */
export interface AdvisoryPackage {
  name: string;
  epoch: string;
  version: string;
  release: string;
  arch: string;
}

export interface AdvisoriesDeps {
  table: AdvisoryNumberTable;
  /** The channels that an instance reads, as `label` or `label@spec`. */
  channelsOf(instance: number): Promise<string[]>;
  /** The builds of an advisory that are in a channel; none where the channel does not have it. */
  packagesIn(channel: string, advisory: string): Promise<AdvisoryPackage[]>;
}

export type Advisories = ReturnType<typeof createAdvisories>;

const remembered = 10_000;
/** The same for one that there is not as for one that an instance has nothing of: which there are is not told. */
const noSuch = (number: number) =>
  refused('no_such_advisory', `no advisory of these channels has the number ${number}`);

/** What advisories mean to an instance, and their numbers. */
export function createAdvisories({ table, channelsOf, packagesIn }: AdvisoriesDeps) {
  const numbers = new LRUCache<string, number>({ max: remembered });
  const ids = new LRUCache<number, string>({ max: remembered });

  async function idOf(number: number): Promise<string> {
    const id =
      ids.get(number) ?? (Number.isSafeInteger(number) ? await table.idOf(number) : undefined);
    if (id === undefined) throw noSuch(number);
    ids.set(number, id);
    return id;
  }

  /** The builds of an advisory in the channels of an instance, each once. */
  async function packages(instance: number, advisory: string): Promise<AdvisoryPackage[]> {
    const found = new Map<string, AdvisoryPackage>();
    for (const channel of await channelsOf(instance)) {
      for (const build of await packagesIn(channel, advisory)) {
        const { name, version, release, arch } = build;
        // As clients have it.
        const epoch = build.epoch === '0' ? '' : build.epoch;
        const p = { name, epoch, version, release, arch };
        found.set(Object.values(p).join('\n'), p);
      }
    }
    return [...found.values()];
  }

  return {
    /** The number by which clients name an advisory. */
    async numberOf(id: string): Promise<number> {
      const number = numbers.get(id) ?? (await table.find(id)) ?? (await table.give(id));
      numbers.set(id, number);
      return number;
    },

    packages,

    /** Throws refused('no_such_advisory') also where the channels of the instance have none of its builds. */
    async packagesOf(instance: { id: number }, number: number): Promise<AdvisoryPackage[]> {
      const id = await idOf(number);
      const found = await packages(instance.id, id);
      if (found.length > 0) return found;
      throw noSuch(number);
    },
  };
}
