import { AppError } from '../../base/errors.ts';
import { readFilelists } from '../../repodata/filelists.ts';
import { type PrimaryRecord, readPrimaryRecord } from '../../repodata/primary-record.ts';
import { readManifest } from '../../store/objects/manifest.ts';
import type { Objects } from '../../store/objects/objects.ts';
import type { PackReader } from '../../store/objects/pack.ts';
import { readTree, withPacks } from '../../store/objects/tree.ts';

/** What a repository says of one package. */
export interface PackageElement {
  record: PrimaryRecord;
  /** All of its files; of a repository without filelists those that primary names. */
  files: { path: string; type: string }[];
}

/** So many packages around the place where its files should be are looked at before all are. */
const around = 300;

/**
 * Reads a package of a mirrored revision, by the sha256 of its element of primary; undefined where the revision does not have
 * it. Throws AppErrors where objects are missing or damaged.
 */
export async function readElement(
  objects: Objects,
  { manifest, fragment }: { manifest: string; fragment: Buffer },
): Promise<PackageElement | undefined> {
  const { trees } = await readManifest(objects, manifest);
  if (!trees.primary) return undefined;
  const found = await elementAt(objects, trees.primary, fragment);
  if (!found) return undefined;
  const record = readPrimaryRecord(found.bytes);
  const listed = trees.filelists
    ? await filesOf(objects, trees.filelists, { pkgid: record.checksum.value, place: found.place })
    : undefined;
  return { record, files: listed ?? record.files };
}

/** An element of a tree by its sha256, with its place; undefined where the tree does not have it. */
export async function elementAt(objects: Objects, tree: string, fragment: Buffer) {
  const { runs } = await readTree(objects, tree);
  return withPacks(objects, async (open) => {
    let before = 0;
    for (const [name, first, count] of runs) {
      const pack = await open(name);
      const at = indexIn(pack, { first, count, fragment });
      if (at !== undefined) {
        for await (const { bytes } of pack.fragments(at, 1)) {
          return { place: before + at - first, bytes: Buffer.from(bytes) };
        }
      }
      before += count;
    }
    return undefined;
  });
}

function indexIn(
  pack: PackReader,
  { first, count, fragment }: { first: number; count: number; fragment: Buffer },
): number | undefined {
  const names = pack.names(first, count);
  const stride = names.length / count;
  for (let at = names.indexOf(fragment); at >= 0; at = names.indexOf(fragment, at + 1)) {
    if (at % stride === 0) return first + at / stride;
  }
  return undefined;
}

/**
 * The files of a package: mostly its element of filelists has the place that it has in primary. Undefined where filelists does
 * not have it, as upstream's do not where they are out of step.
 */
async function filesOf(
  objects: Objects,
  tree: string,
  { pkgid, place }: { pkgid: string; place: number },
): Promise<PackageElement['files'] | undefined> {
  const { runs } = await readTree(objects, tree);
  const wanted = pkgid.toLowerCase();
  return withPacks(objects, async (open) => {
    const look = async (from: number, to: number) => {
      let before = 0;
      for (const [name, first, count] of runs) {
        const start = Math.max(from, before);
        const end = Math.min(to, before + count);
        if (start < end) {
          const pack = await open(name);
          for await (const { bytes } of pack.fragments(first + start - before, end - start)) {
            // To read them all takes long.
            if (!bytes.toString('latin1', 0, 1000).toLowerCase().includes(wanted)) continue;
            const read = readable(bytes);
            if (read?.pkgid.toLowerCase() === wanted) return read.files;
          }
        }
        before += count;
      }
      return undefined;
    };
    return (
      (await look(place, place + 1)) ??
      (await look(Math.max(0, place - around), place + around)) ??
      (await look(0, Number.POSITIVE_INFINITY))
    );
  });
}

function readable(bytes: Buffer) {
  try {
    return readFilelists(bytes);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
