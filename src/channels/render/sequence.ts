import { AppError } from '../../base/errors.ts';
import { pkgidStart } from '../../repodata/pkgid.ts';
import type { Cache } from '../../store/cache/cache.ts';
import type { CutDocument } from '../../store/objects/manifest.ts';
import type { Objects } from '../../store/objects/objects.ts';
import type { PackGroup, PackReader } from '../../store/objects/pack.ts';
import { readTree } from '../../store/objects/tree.ts';

/** A pack whose fragments stand in a document. */
export interface OpenPack {
  name: string;
  reader: PackReader;
  /** Of each fragment 8 bytes that say which package it is about: equal where the pkgid is. Of updateinfo its digest's. */
  mark(index: number): Buffer;
}

/** One document's fragments in upstream's order. */
export interface Sequence {
  open: string;
  close: string;
  runs: { pack: OpenPack; first: number; count: number }[];
  count: number;
}

export interface SequenceDeps {
  objects: Objects;
  cache: Cache;
  openPack(sha256: string): Promise<PackReader>;
  /** Lets those go first who are more urgent. */
  gate(): Promise<void>;
}

/** Throws AppErrors. */
export async function openSequence(
  deps: SequenceDeps,
  document: CutDocument,
  tree: string,
): Promise<Sequence> {
  const { open, close, runs } = await readTree(deps.objects, tree);
  const packs = new Map<string, OpenPack>();
  for (const [name] of runs) {
    if (!packs.has(name)) packs.set(name, await openOne(deps, document, name));
  }
  return {
    open,
    close,
    runs: runs.map(([name, first, count]) => ({ pack: packs.get(name)!, first, count })),
    count: runs.reduce((sum, [, , count]) => sum + count, 0),
  };
}

async function openOne(deps: SequenceDeps, document: CutDocument, name: string): Promise<OpenPack> {
  const reader = await deps.openPack(name);
  if (document === 'updateinfo') return { name, reader, mark: reader.digest };
  let pkgids = deps.cache.packIndex(name);
  if (pkgids?.length !== reader.count * 8) {
    pkgids = await readPkgids(deps, document, reader);
    deps.cache.addPackIndex(name, pkgids);
  }
  const held = pkgids;
  return { name, reader, mark: (i) => held.subarray(i * 8, i * 8 + 8) };
}

async function readPkgids(
  { gate }: SequenceDeps,
  document: Exclude<CutDocument, 'updateinfo'>,
  reader: PackReader,
): Promise<Buffer> {
  const pkgids = Buffer.alloc(reader.count * 8);
  for (const group of reader.groups) {
    await gate();
    const raw = await reader.open(group);
    let at = 0;
    for (let i = group.first; i < group.first + group.count; i++) {
      const start = pkgidStart(raw.subarray(at, at + reader.length(i)), document);
      if (start) pkgids.write(start, i * 8, 'hex');
      else reader.digest(i).copy(pkgids, i * 8, 0, 8);
      at += reader.length(i) + 1;
    }
  }
  return pkgids;
}

/** The marks of a sequence's fragments, one after the other. */
export function marksOf({ runs, count }: Sequence): Buffer {
  const marks = Buffer.allocUnsafe(count * 8);
  let at = 0;
  for (const { pack, first, count } of runs) {
    for (let i = first; i < first + count; i++) at += pack.mark(i).copy(marks, at, 0, 8);
  }
  return marks;
}

/** The group that holds a fragment. */
export function groupOf({ reader, name }: OpenPack, index: number): PackGroup {
  const { groups } = reader;
  let [low, high] = [0, groups.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { first, count } = groups[middle]!;
    if (first + count <= index) low = middle + 1;
    else high = middle;
  }
  const group = groups[low];
  if (!group) throw new AppError('invalid', `pack ${name} has no fragment ${index}`);
  return group;
}
