import type { Objects } from '../objects/objects.ts';
import type { Lease } from './leases.ts';

/** Stores an object by `put`, which gives its name, so that it stays for the lease. */
export async function putHeld(
  objects: Objects,
  lease: Lease,
  put: () => Promise<string>,
): Promise<string> {
  const name = await put();
  await lease.hold([name]);
  // One that was there already may have been garbage, and be gone by now.
  return (await objects.find(name)) ? name : put();
}
