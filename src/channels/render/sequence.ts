import { AppError } from '../../base/errors.ts';
import { release } from '../../base/memory.ts';
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
  /** Decides whether a piece ends after a fragment: what begins its pkgid, or of updateinfo its digest. */
  boundary(index: number): number;
  /** Of each fragment the 8 bytes that begin its pkgid; empty for updateinfo. */
  pkgids: Buffer;
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
  if (document === 'updateinfo') {
    const names = reader.names(0, reader.count);
    const stride = names.length / reader.count;
    const boundary = (i: number) => names.readUInt32BE(i * stride);
    return { name, reader, boundary, pkgids: Buffer.alloc(0) };
  }
  let pkgids = deps.cache.packIndex(name);
  if (pkgids?.length !== reader.count * 8) {
    pkgids = await readPkgids(deps, document, reader);
    deps.cache.addPackIndex(name, pkgids);
  }
  const held = pkgids;
  return { name, reader, boundary: (i) => held.readUInt32BE(i * 8), pkgids };
}

/** How many groups are decompressed at a time. */
const ahead = 3;

async function readPkgids(
  { gate }: SequenceDeps,
  document: Exclude<CutDocument, 'updateinfo'>,
  reader: PackReader,
): Promise<Buffer> {
  const pkgids = Buffer.alloc(reader.count * 8);
  const opening: Promise<Buffer>[] = [];
  const { groups } = reader;
  for (const [i, group] of groups.entries()) {
    await gate();
    // The next ones are decompressed meanwhile.
    for (let next = i + opening.length; next < Math.min(i + ahead, groups.length); next++) {
      const opened = reader.open(groups[next]!);
      opened.catch(() => {});
      opening.push(opened);
    }
    const raw = await opening.shift()!;
    let at = 0;
    for (let i = group.first; i < group.first + group.count; i++) {
      const start = pkgidStart(raw.subarray(at, at + reader.length(i)), document);
      if (start) pkgids.write(start, i * 8, 'hex');
      else reader.digest(i).copy(pkgids, i * 8, 0, 8);
      at += reader.length(i) + 1;
    }
    release(raw);
  }
  return pkgids;
}

/** What begins the pkgids of a sequence's fragments, 8 bytes each, one after the other. */
export const pkgidsOf = ({ runs }: Sequence): Buffer =>
  Buffer.concat(
    runs.map(({ pack, first, count }) => pack.pkgids.subarray(first * 8, (first + count) * 8)),
  );

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
