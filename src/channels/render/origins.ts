import { BitSet } from '../../base/bit-set.ts';
import { AppError } from '../../base/errors.ts';
import type { CatalogueRows } from '../../store/catalogue/remaining-rows.ts';
import { type CutDocument, type Manifest, readManifest } from '../../store/objects/manifest.ts';
import type { Origin } from '../content/content.ts';
import { openSequence, pkgidsOf, type Sequence, type SequenceDeps } from './sequence.ts';

/** A mirrored revision of which something remains, with its packages looked up. */
export interface LoadedOrigin {
  origin: Origin;
  manifest: Manifest;
  primary: Sequence;
  /** A 1 for each of primary's fragments that remains; undefined where all do. */
  keep: Uint8Array | undefined;
  kept: number;
  /** Rows of all its packages, and of those that remain. */
  all: BitSet;
  rows: BitSet;
}

export interface OriginDeps extends SequenceDeps {
  rows: CatalogueRows;
}

/** Throws AppErrors. */
export async function loadOrigin(deps: OriginDeps, origin: Origin): Promise<LoadedOrigin> {
  const manifest = await readManifest(deps.objects, origin.manifest);
  const tree = manifest.trees.primary;
  if (!tree) {
    throw new AppError('invalid', `source ${origin.label} has no list of packages to draw from`);
  }
  const primary = await openSequence(deps, 'primary', tree);
  const wanted = origin.packages;
  const all = new BitSet();
  const rows = wanted === 'all' ? all : new BitSet();
  const keep = new Uint8Array(primary.count);
  let kept = 0;
  eachRow(deps, 'package', primary, (row, position) => {
    if (row > 0) all.add(row);
    if (wanted !== 'all') {
      if (row === 0 || !wanted.has(row)) return;
      rows.add(row);
    }
    keep[position] = 1;
    kept++;
  });
  return {
    origin,
    manifest,
    primary,
    keep: kept === primary.count ? undefined : keep,
    kept,
    all,
    rows,
  };
}

/** Calls back with the row of each fragment of a sequence in order; 0 for one without. */
export function eachRow(
  { rows }: OriginDeps,
  table: 'package' | 'advisory',
  { runs }: Sequence,
  use: (row: number, position: number) => void,
): void {
  const known = new Map<string, Int32Array>();
  let position = 0;
  for (const { pack, first, count } of runs) {
    let ofPack = known.get(pack.name);
    if (!ofPack) {
      const { reader, name } = pack;
      ofPack = rows.ofPack(table, { name, count: reader.count, digest: reader.digest });
      known.set(name, ofPack);
    }
    for (let i = first; i < first + count; i++) use(ofPack[i]!, position++);
  }
}

/** A document of an origin's packages besides primary, and which of its fragments remain; undefined where it has none. */
export async function loadDocument(
  deps: OriginDeps,
  loaded: LoadedOrigin,
  document: Extract<CutDocument, 'filelists' | 'other'>,
): Promise<{ sequence: Sequence; keep: Uint8Array | undefined; kept: number } | undefined> {
  const tree = loaded.manifest.trees[document];
  if (!tree) return undefined;
  const sequence = await openSequence(deps, document, tree);
  if (!loaded.keep) return { sequence, keep: undefined, kept: sequence.count };
  const [packages, marks] = [pkgidsOf(loaded.primary), pkgidsOf(sequence)];
  // Nearly always the packages stand in the same order.
  if (packages.equals(marks)) return { sequence, keep: loaded.keep, kept: loaded.kept };
  const remaining = new Set<bigint>();
  for (let i = 0; i < loaded.keep.length; i++) {
    if (loaded.keep[i]) remaining.add(packages.readBigUInt64LE(i * 8));
  }
  const keep = new Uint8Array(sequence.count);
  let kept = 0;
  for (let i = 0; i < keep.length; i++) {
    if (!remaining.has(marks.readBigUInt64LE(i * 8))) continue;
    keep[i] = 1;
    kept++;
  }
  return { sequence, keep, kept };
}
