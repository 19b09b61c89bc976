import { BitSet } from '../../base/bit-set.ts';
import type { Checksum } from '../../base/digest.ts';
import { AppError } from '../../base/errors.ts';
import { readPrimary } from '../../repodata/primary.ts';
import type { Objects } from '../objects/objects.ts';
import { type Run, withPacks } from '../objects/tree.ts';

/**
 * Reads the checksums of the rpms that trees of primary documents name, from their packs: what the catalogue knows may be
 * less. A fragment that several trees have is read once.
 */
export function createTreePackages(objects: Objects) {
  const done = new Map<string, BitSet>();

  /** Those that were not given before, to nobody in particular or to this one. Throws AppErrors where a pack is missing or damaged. */
  async function* of(runs: readonly Run[], to: string): AsyncGenerator<Checksum> {
    const wanted = new Map<string, BitSet>();
    for (const [pack, first, count] of runs) {
      const before = [done.get(` ${pack}`), done.get(`${to} ${pack}`)];
      for (let i = first; i < first + count; i++) {
        if (before.some((set) => set?.has(i))) continue;
        const set = wanted.get(pack) ?? new BitSet();
        wanted.set(pack, set);
        set.add(i);
      }
    }
    for (const [pack, set] of wanted) {
      yield* read(pack, set);
      const before = done.get(`${to} ${pack}`) ?? new BitSet();
      done.set(`${to} ${pack}`, before);
      for (const i of set) before.add(i);
    }
  }

  async function* read(name: string, wanted: BitSet): AsyncGenerator<Checksum> {
    const found: Checksum[] = [];
    await withPacks(objects, async (open) => {
      const pack = await open(name);
      for await (const { bytes } of pack.fragments(0, pack.count, (i) => wanted.has(i))) {
        const checksum = checksumIn(bytes);
        if (checksum) found.push(checksum);
      }
    });
    yield* found;
  }

  return { of };
}

/** Undefined where the package cannot be read, and so is not served. */
function checksumIn(fragment: Buffer): Checksum | undefined {
  try {
    return readPrimary(fragment).checksum;
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
