import { posix } from 'node:path';
import type { ManifestFile } from '../../store/objects/manifest.ts';
import type { Objects } from '../../store/objects/objects.ts';
import type { RenderedFile } from './rendered.ts';

/** Types that are made of fragments, or are always made anew, and those of no document. */
const own: ReadonlySet<string> = new Set(
  'primary filelists other updateinfo group group_gz group_xz modules repomd signature treeinfo tree'.split(
    ' ',
  ),
);

/** Deltas are fetched from the upstream's own paths, which what is rendered has not. */
const deltas: ReadonlySet<string> = new Set(['prestodelta', 'deltainfo']);

/** Whether documents of a type go into rendered revisions as they are where nothing was cut, or else are left out. */
export const isPassedOn = (type: string): boolean =>
  !own.has(type) && !deltas.has(type) && !isDerivedType(type);

/** SQLite and zchunk, which say in another form what the XML says. */
const isDerivedType = (type: string): boolean => /_(db|zck|db_zck)$/.test(type);

/**
 * Whether clients that read documents in that compression read an upstream's file of this name, too: yum 3 reads gzip and
 * what is not compressed, whatever else its releases differ in.
 */
export function suits(compression: 'gzip' | 'zstd', path: string): boolean {
  const ending = /\.(gz|bz2|xz|zst|zck)$/.exec(path)?.[1];
  return ending === undefined || ending === 'gz' || (ending === 'zst' && compression === 'zstd');
}

export const isDelta = (type: string): boolean => deltas.has(type);

/**
 * An upstream's file as one of a rendered revision: its object's bytes. Its path is upstream's where that names the digest, so
 * that one URL never means two documents. Undefined where the object is gone.
 */
export async function original(
  objects: Objects,
  file: ManifestFile,
): Promise<RenderedFile | undefined> {
  const { sha256, size, type } = file;
  const held = await objects.find(sha256);
  if (held?.size !== size) return undefined;
  const digest = file.checksum?.value;
  const named = digest !== undefined && file.path.includes(digest);
  const plain = named && /^repodata\/[^/]+$/.test(file.path);
  const path = plain ? file.path : `repodata/${sha256}-${posix.basename(file.path)}`;
  return {
    type,
    path,
    sha256,
    size,
    parts: [{ in: 'object', name: sha256, offset: 0, length: size }],
  };
}
