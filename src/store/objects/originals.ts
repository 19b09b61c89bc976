import type { CutDocument, Manifest, ManifestFile } from './manifest.ts';
import type { Objects } from './objects.ts';

/**
 * Upstream's documents that `keep_originals` lets go of in old revisions: those that were cut into fragments, of which they
 * can be made again, and databases and zchunk files of the same content, which clients do without.
 */
export function droppableFiles({ files, trees }: Manifest): ManifestFile[] {
  return files.filter(
    ({ type }) => (cut.has(type) && trees[type as CutDocument] !== undefined) || copies.test(type),
  );
}

/** updateinfo is cut as well, but it is small, and stays. */
const cut: ReadonlySet<string> = new Set(['primary', 'filelists', 'other']);
const copies =
  /^(primary|filelists|other|filelists-ext)_(db|zck)$|^(group|updateinfo|modules)_zck$|^filelists-ext$/;

/** Whether a revision has upstream's documents still, or is to be rendered because some were dropped. */
export async function hasOriginals(objects: Objects, manifest: Manifest): Promise<boolean> {
  const found = await Promise.all(
    droppableFiles(manifest).map(async ({ sha256, size }) => {
      const object = await objects.find(sha256);
      return object?.size === size;
    }),
  );
  return found.every((is) => is);
}
