import { LRUCache } from 'lru-cache';
import type { BitSet } from '../../base/bit-set.ts';
import { AppError } from '../../base/errors.ts';
import { cutAdvisory } from '../../repodata/cut-advisory.ts';
import type { Shipped } from '../../store/catalogue/remaining-rows.ts';
import { eachRow, type LoadedOrigin, type OriginDeps } from './origins.ts';
import type { Dialect } from './pieces.ts';
import { openSequence, type Sequence } from './sequence.ts';

/** The advisories that remain of an origin, and what is cut out of them. */
export interface RemainingAdvisories {
  sequence: Sequence;
  keep: Uint8Array | undefined;
  kept: number;
  /** Whether any of them loses an entry. */
  isCut: boolean;
  dialect: Pick<Dialect, 'variant' | 'transform'>;
}

/** Undefined where the origin has none. Throws AppErrors. */
export async function loadAdvisories(
  deps: OriginDeps,
  { origin, manifest, keep: filtered }: LoadedOrigin,
  packages: BitSet,
): Promise<RemainingAdvisories | undefined> {
  const tree = manifest.trees.updateinfo;
  if (!tree) return undefined;
  const sequence = await openSequence(deps, 'updateinfo', tree);
  const wanted = origin.advisories;
  const keep = new Uint8Array(sequence.count);
  const rows = new Int32Array(sequence.count);
  let kept = 0;
  eachRow(deps, 'advisory', sequence, (row, position) => {
    rows[position] = row;
    if (wanted !== 'all' && (row === 0 || !wanted.has(row))) return;
    keep[position] = 1;
    kept++;
  });
  const all = kept === sequence.count;
  // Looked up also where nothing is cut: views of the same will need it.
  const shipped = shippedBy(deps, tree, rows);
  const cuts = filtered ? cutsOf(shipped, packages) : new Map<number, boolean[]>();
  const byFragment = new Map<string, boolean[]>();
  if (cuts.size > 0) {
    let position = 0;
    for (const { pack, first, count } of sequence.runs) {
      for (let i = first; i < first + count; i++) {
        const entries = keep[position] ? cuts.get(rows[position]!) : undefined;
        if (entries) byFragment.set(`${pack.name} ${i}`, entries);
        position++;
      }
    }
  }
  return {
    sequence,
    keep: all ? undefined : keep,
    kept,
    isCut: byFragment.size > 0,
    dialect: dialectOf(byFragment),
  };
}

function dialectOf(cuts: ReadonlyMap<string, boolean[]>): RemainingAdvisories['dialect'] {
  if (cuts.size === 0) return {};
  return {
    variant: (pack, index) =>
      cuts
        .get(`${pack.name} ${index}`)
        ?.map((remains) => (remains ? 1 : 0))
        .join(''),
    transform(bytes, _simple, variant) {
      if (variant === undefined) return [bytes];
      try {
        const entries = [...variant].map((remains) => remains === '1');
        return [cutAdvisory(bytes, entries) ?? bytes];
      } catch (error) {
        // What nobody can read is passed on as it came.
        if (!(error instanceof AppError)) throw error;
        return [bytes];
      }
    },
  };
}

/** For each advisory that loses an entry, in the order in which it lists them, which remain. */
function cutsOf({ advisory, entry, row }: Shipped, packages: BitSet): Map<number, boolean[]> {
  const cuts = new Map<number, boolean[]>();
  let entries: boolean[] = [];
  for (let i = 0; i < advisory.length; i++) {
    if (advisory[i] !== advisory[i - 1]) entries = [];
    const remains = packages.has(row[i]!);
    if (entry[i] !== entry[i - 1]) entries.push(remains);
    else if (remains) entries[entries.length - 1] = true;
    const isLast = advisory[i] !== advisory[i + 1];
    if (isLast && entries.includes(false)) cuts.set(advisory[i]!, entries);
  }
  return cuts;
}

/** What the advisories of trees ship: half a megabyte for fifty thousand builds. */
const remembered = new LRUCache<string, Shipped>({ max: 16 });

/** What all advisories of a tree ship, by their rows. */
function shippedBy({ rows: catalogue }: OriginDeps, tree: string, rows: Int32Array): Shipped {
  const name = `${tree} ${catalogue.version()}`;
  const known = remembered.get(name) ?? catalogue.shipped(rows.filter((row) => row > 0).sort());
  remembered.set(name, known);
  return known;
}
