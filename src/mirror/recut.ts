import { AppError } from '../base/errors.ts';
import { type CutDocument, findManifest, type Manifest } from '../store/objects/manifest.ts';
import type { Objects } from '../store/objects/objects.ts';
import { readTree } from '../store/objects/tree.ts';
import type { Ingest } from './ingest.ts';

/**
 * Makes a tree or a pack again as the sync made it that first had it: from its document, and the tree before it. That
 * gives the same bytes, so the same object. Where it does not (a document is gone, or another version wrote it), nothing is
 * made of that name; the caller looks. Gives false where the document is gone: `keep_originals` lets go of those of old
 * revisions, and collecting space of what forgotten ones had.
 */
export async function recut(
  { objects, ingest }: { objects: Objects; ingest: Ingest },
  manifest: Manifest,
  { label, document, name }: { label: string; document: CutDocument; name: string },
): Promise<boolean> {
  let origin = manifest;
  let parent = await parentOf(objects, origin);
  while (parent && (await refersTo(objects, parent, { document, name }))) {
    origin = parent;
    parent = await parentOf(objects, origin);
  }
  const file = origin.files.find((f) => f.type === document);
  if (!file || !(await objects.find(file.sha256))) return false;
  const base = parent && (await packsOf(objects, parent, document)) && parent.trees[document];
  // A sync that found something of the revision before it missing took nothing over.
  for (const from of base ? [base, undefined] : [undefined]) {
    try {
      const { sha256, path } = file;
      await ingest.run({
        source: label,
        document,
        sha256,
        what: path,
        base: from,
        openChecksum: undefined,
      });
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'no_space') throw error;
    }
    if (await objects.find(name)) break;
  }
  return true;
}

async function parentOf(objects: Objects, { parents }: Manifest): Promise<Manifest | undefined> {
  return parents[0] === undefined ? undefined : findManifest(objects, parents[0]);
}

async function refersTo(
  objects: Objects,
  manifest: Manifest,
  { document, name }: { document: CutDocument; name: string },
): Promise<boolean> {
  if (manifest.trees[document] === name) return true;
  return (await packsOf(objects, manifest, document))?.includes(name) ?? false;
}

/** The packs of a revision's tree; undefined where it cannot be read. */
async function packsOf(
  objects: Objects,
  manifest: Manifest,
  document: CutDocument,
): Promise<string[] | undefined> {
  const tree = manifest.trees[document];
  if (!tree) return [];
  try {
    return [...new Set((await readTree(objects, tree)).runs.map(([pack]) => pack))];
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
