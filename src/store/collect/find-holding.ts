import type { Checksum } from '../../base/digest.ts';
import type { Objects, StoredObject } from '../objects/objects.ts';
import type { Lease } from './leases.ts';

/** The object of a checksum of any type, which stays as long as the lease; undefined if there is no such object. */
export async function findHolding(
  objects: Objects,
  lease: Lease,
  checksum: Checksum,
): Promise<StoredObject | undefined> {
  const name = await objects.nameOf(checksum);
  if (name === undefined) return undefined;
  await lease.hold([name]);
  return objects.find(name);
}
