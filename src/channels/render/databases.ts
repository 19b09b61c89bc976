import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '../../base/limits.ts';
import { openDocument } from '../../repodata/codec.ts';
import { createCutter } from '../../repodata/cutter.ts';
import type { StoredPart as Part } from '../../store/cache/renders.ts';
import { readParts } from '../../store/cache/renders.ts';
import type { MetadataKind } from '../../store/cache/sqlite-metadata.ts';
import { createDatabases, type DatabaseSource } from '../sqlite/databases.ts';
import type { MadeFile, RenderDeps } from './render.ts';

const roots: Record<MetadataKind, string> = {
  primary: 'metadata',
  filelists: 'filelists',
  other: 'otherdata',
};

/** A piece of a database's file; it is as long as one of the cache may be. */
const pieceSize = 4 * 1024 * 1024;

/** Makes the SQLite databases of the documents that a revision has, for yum of old. Throws AppErrors. */
export async function makeDatabases(
  { paths, cache, gate }: Pick<RenderDeps, 'paths' | 'cache' | 'gate'>,
  documents: readonly MadeFile[],
): Promise<MadeFile[]> {
  const folder = await mkdtemp(join(paths.tmp, 'databases-'));
  const databases = createDatabases();
  const sources: Partial<Record<MetadataKind, DatabaseSource>> = {};
  for (const [kind, root] of Object.entries(roots) as [MetadataKind, string][]) {
    const file = documents.find((d) => d.type === kind);
    if (file) sources[kind] = { packages: elements(file, root), checksum: file.sha256 };
  }

  async function* elements(file: MadeFile, root: string): AsyncGenerator<Buffer> {
    let found: Buffer[] = [];
    const options = { what: file.path, root, maxElement: limits.element };
    const cutter = createCutter(options, (bytes) => found.push(Buffer.from(bytes)));
    const bounds = { bytes: limits.openDocument, ratio: limits.openRatio };
    for await (const chunk of openDocument(readParts(paths, file), file.path, bounds)) {
      await gate();
      cutter.push(chunk);
      yield* found;
      found = [];
    }
    cutter.end();
  }

  try {
    const made: MadeFile[] = [];
    for (const { type, file, sha256, size, ...rest } of await databases.make(sources, folder)) {
      const path = `repodata/${sha256}-${type.replace('_db', '')}.sqlite.gz`;
      made.push({ type, path, sha256, size, parts: await keep(file, sha256), ...rest });
    }
    return made;
  } finally {
    await databases.close();
    await rm(folder, { recursive: true, force: true });
  }

  /** Puts a file into the cache. */
  async function keep(file: string, sha256: string): Promise<Part[]> {
    const parts: Part[] = [];
    for await (const bytes of createReadStream(file, { highWaterMark: pieceSize })) {
      const key = hash('sha256', `database ${sha256} ${parts.length}`, 'buffer');
      const { file: number, offset, length } = cache.add(key, bytes, { raw: 0, crc: 0 });
      parts.push({ in: 'cache', name: String(number), offset, length });
    }
    return parts;
  }
}
