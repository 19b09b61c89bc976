import { limits } from '../../base/limits.ts';
import { openDocument } from '../../repodata/codec.ts';
import type { ManifestFile } from './manifest.ts';
import type { Objects } from './objects.ts';

/**
 * A stored document, decompressed and whole. Throws AppErrors: 'limit' where it has more than so many bytes, which is what
 * `key` of the configuration's limits allows.
 */
export async function readWholeDocument(
  objects: Objects,
  file: ManifestFile,
  bytes: number,
  key: 'whole_document' | 'open_modules' = 'whole_document',
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const bounds = { bytes, key, ratio: limits.openRatio };
  for await (const chunk of openDocument(await objects.stream(file.sha256), file.path, bounds)) {
    // A chunk is gone when the next is asked for.
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}
