import pLimit from 'p-limit';
import { AppError } from '../../base/errors.ts';
import { databaseVersion, type MetadataKind } from '../../store/cache/sqlite-metadata.ts';
import { createWorkerCalls } from '../../store/worker-calls.ts';
import type { DatabaseJob, WrittenDatabase } from './worker.ts';

/** A document of a rendered revision. */
export interface DatabaseSource {
  /** Its packages in order, as they stand in the rendered document. */
  packages: AsyncIterable<{ pkgid: string; bytes: Buffer }>;
  /** Of the document as clients get it, as repomd.xml says it. */
  checksum: string;
}

/** One of the databases, as repomd.xml lists it. The file is in the caller's folder, and the caller's to move. */
export interface MadeDatabase extends WrittenDatabase {
  type: 'primary_db' | 'filelists_db' | 'other_db';
  databaseVersion: number;
}

const kinds = ['primary', 'filelists', 'other'] as const;
/** So many bytes go to the thread at a time. */
const batch = 1024 * 1024;

/** Makes SQLite databases for old clients, in a thread of its own; one revision after the other. */
export function createDatabases() {
  const thread = createWorkerCalls<DatabaseJob, WrittenDatabase | undefined>(
    new URL('worker.ts', import.meta.url),
    undefined,
  );
  const turn = pLimit(1);

  /**
   * Makes the databases of a revision in a folder, which must be there: `<kind>.sqlite.gz`, gzip because every yum reads
   * it. Throws AppError 'cancelled'; nothing but finished files is left then.
   */
  function make(
    sources: Record<MetadataKind, DatabaseSource>,
    folder: string,
    signal?: AbortSignal,
  ): Promise<MadeDatabase[]> {
    return turn(async () => {
      const made: MadeDatabase[] = [];
      for (const kind of kinds) {
        const written = await one(kind, sources[kind], { folder, signal });
        made.push({ ...written, type: `${kind}_db`, databaseVersion });
      }
      return made;
    });
  }

  async function one(
    kind: MetadataKind,
    { packages, checksum }: DatabaseSource,
    { folder, signal }: { folder: string; signal: AbortSignal | undefined },
  ): Promise<WrittenDatabase> {
    await thread.call({ op: 'begin', kind, folder });
    try {
      for await (const job of batches(packages)) {
        if (signal?.aborted) throw new AppError('cancelled', 'making the databases was cancelled');
        await thread.call(job);
      }
    } catch (error) {
      await thread.call({ op: 'drop' });
      throw error;
    }
    return (await thread.call({ op: 'finish', checksum }))!;
  }

  return { make, close: () => thread.close() };
}

async function* batches(packages: DatabaseSource['packages']): AsyncGenerator<DatabaseJob> {
  let parts: Buffer[] = [];
  let ends: number[] = [];
  let size = 0;
  const whole = (): DatabaseJob => {
    // Memory of its own: what is sent takes all of the memory along that it is a part of.
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { op: 'add', bytes, ends };
  };
  for await (const { bytes } of packages) {
    parts.push(bytes);
    size += bytes.length;
    ends.push(size);
    if (size < batch) continue;
    yield whole();
    parts = [];
    ends = [];
    size = 0;
  }
  if (parts.length > 0) yield whole();
}
