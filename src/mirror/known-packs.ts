import type { Run } from '../store/objects/tree.ts';

/** Packs that a tree may have, and how many are left where it would have more. */
const most = { packs: 64, left: 32 };

/** A pack is done without where less than one of so many of its fragments is in use. */
const leastUsed = 4;

/**
 * The packs of a tree whose fragments the next one takes over; `sizeOf` tells how many fragments a pack has. What is left
 * of the others is written anew: packs of which little is still used, and, where there are many, those of which the tree
 * uses fewest. The same tree always gives the same.
 */
export function packsToKeep(runs: readonly Run[], sizeOf: (pack: string) => number): string[] {
  const used = new Map<string, number>();
  for (const [pack, , count] of runs) used.set(pack, (used.get(pack) ?? 0) + count);
  const kept = [...used].filter(([pack, count]) => count * leastUsed >= sizeOf(pack));
  // A sync adds one.
  if (kept.length < most.packs) return kept.map(([pack]) => pack);
  const largest = kept.toSorted(([, a], [, b]) => b - a).slice(0, most.left);
  return largest.map(([pack]) => pack);
}
