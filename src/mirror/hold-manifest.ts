import { AppError } from '../base/errors.ts';
import type { Lease } from '../store/collect/leases.ts';
import { putHeld } from '../store/collect/put-held.ts';
import { type Manifest, missingObjects, putManifest } from '../store/objects/manifest.ts';
import type { Objects } from '../store/objects/objects.ts';
import { readTree } from '../store/objects/tree.ts';

/**
 * Stores a manifest, having made sure that all it names is there and stays: what a sync found, or what a thread of its own found
 * in its place, may have been garbage that was swept in the meantime. First everything is held, then looked for. Throws an
 * AppError that `wasSwept` knows; the sync starts again then, and gets what is missing.
 */
export async function putHeldManifest(
  objects: Objects,
  lease: Lease,
  manifest: Manifest,
): Promise<string> {
  const trees = Object.values(manifest.trees);
  const files = [...manifest.files, ...(manifest.keys ?? [])];
  await lease.hold([...files.map((file) => file.sha256), ...trees]);
  const packs = new Set<string>();
  for (const tree of trees) {
    if (!(await objects.find(tree))) throw swept(tree);
    for (const [pack] of (await readTree(objects, tree)).runs) packs.add(pack);
  }
  await lease.hold(packs);
  const [missing] = await missingObjects(objects, manifest);
  if (missing !== undefined) throw swept(missing);
  return putHeld(objects, lease, () => putManifest(objects, manifest));
}

/** Whether a sync failed because an object went that it relied on. */
export function wasSwept(error: unknown): boolean {
  return error instanceof AppError && error.detail?.swept === true;
}

const swept = (name: string) =>
  new AppError('not_found', `object ${name} went while the sync needed it`, {
    hint: 'try again',
    detail: { swept: true },
  });
