import { hash } from 'node:crypto';
import { type ListedDocument, writeRepomd } from '../../repodata/write-repomd.ts';
import type { RenderedFile, RenderJob } from './rendered.ts';

/** repomd.xml of these documents, and its signature where there are keys. */
export async function signed(
  { at, tags }: RenderJob,
  documents: ListedDocument[],
  keys: string[],
): Promise<RenderedFile[]> {
  const text = Buffer.from(writeRepomd(at, tags, documents));
  const files = [inline('repodata/repomd.xml', 'repomd', text)];
  if (keys.length > 0) {
    // Loaded where it is needed: it is large.
    const { signDetached } = await import('../signing/signer.ts');
    // Revisions that follow one another quickly have times ahead of the clock; no client takes such a signature.
    const signature = await signDetached(text, keys, new Date(Math.min(at * 1000, Date.now())));
    files.push(inline('repodata/repomd.xml.asc', 'signature', signature));
  }
  return files;
}

const inline = (path: string, type: string, bytes: Buffer): RenderedFile => ({
  path,
  type,
  sha256: hash('sha256', bytes),
  size: bytes.length,
  parts: [{ bytes: bytes.toString('base64') }],
});
