import { utimes } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import type { Checksum } from '../../base/digest.ts';
import type { Objects, StoredObject } from '../objects/objects.ts';
import type { Leases } from './leases.ts';

/** How often it is noted that a package was asked for, at most, in milliseconds. */
const noteEvery = 86_400_000;

/**
 * Finds packages that clients ask for. One that is found is not removed for a while; and its file's time says when it was last
 * asked for, to the day: what was asked for longest ago goes first where packages take too much space.
 */
export function createHeldPackages({ objects, leases }: { objects: Objects; leases: Leases }) {
  const noted = new LRUCache<string, true>({ max: 50_000, ttl: noteEvery });

  return async function find(checksum: Checksum): Promise<StoredObject | undefined> {
    const name = await objects.nameOf(checksum);
    if (name === undefined) return undefined;
    await leases.use(name);
    const found = await objects.find(name);
    if (found && !noted.has(name)) {
      noted.set(name, true);
      const now = new Date();
      // A disk that takes no writing serves all the same.
      await utimes(found.path, now, now).catch(() => {});
    }
    return found;
  };
}
