import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { AppError } from '../../base/errors.ts';
import { readFilelists } from '../../repodata/filelists.ts';
import { readOther } from '../../repodata/other.ts';
import { readPrimaryRecord } from '../../repodata/primary-record.ts';
import {
  createMetadataDatabase,
  type MetadataDatabase,
  type MetadataKind,
} from '../../store/cache/sqlite-metadata.ts';
import { serveCalls } from '../../store/worker-calls.ts';

/** What the thread that writes databases does: one database at a time, from packages that come in batches. */
export type DatabaseJob =
  | { op: 'begin'; kind: MetadataKind; folder: string }
  /** `ends` are where each package's bytes end. */
  | { op: 'add'; bytes: Uint8Array; ends: number[] }
  | { op: 'finish'; checksum: string }
  | { op: 'drop' };

/** A database, compressed, in a file of the caller's folder. */
export interface WrittenDatabase {
  file: string;
  sha256: string;
  size: number;
  openSha256: string;
  openSize: number;
  /** Packages in it, and those that could not be read. */
  packages: number;
  skipped: number;
}

interface Writing {
  add(bytes: Buffer): void;
  database: MetadataDatabase<MetadataKind>;
  open: string;
  packages: number;
  skipped: number;
}

serveCalls<undefined, DatabaseJob, WrittenDatabase | undefined>(() => {
  let writing: Writing | undefined;
  return async (job) => {
    if (job.op === 'begin') writing = begin(job.kind, job.folder);
    else if (!writing) throw new Error('no database was begun');
    else if (job.op === 'add') addAll(writing, Buffer.from(job.bytes.buffer), job.ends);
    else {
      const ended = writing;
      writing = undefined;
      if (job.op === 'finish') return finish(ended, job.checksum);
      ended.database.drop();
      await rm(ended.open, { force: true });
    }
    return undefined;
  };
});

function begin(kind: MetadataKind, folder: string): Writing {
  const open = join(folder, `${kind}.sqlite`);
  const started = <K extends MetadataKind>(of: K, read: (bytes: Buffer) => never) => {
    const database = createMetadataDatabase(of, open);
    return { database, add: (bytes: Buffer) => database.add(read(bytes)) };
  };
  const readers = { primary: readPrimaryRecord, filelists: readFilelists, other: readOther };
  const { database, add } = started(kind, readers[kind] as (bytes: Buffer) => never);
  return {
    add,
    database: database as MetadataDatabase<MetadataKind>,
    open,
    packages: 0,
    skipped: 0,
  };
}

function addAll(writing: Writing, bytes: Buffer, ends: number[]): void {
  let from = 0;
  for (const end of ends) {
    try {
      writing.add(bytes.subarray(from, end));
      writing.packages++;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      writing.skipped++;
    }
    from = end;
  }
}

async function finish(writing: Writing, checksum: string): Promise<WrittenDatabase> {
  const { database, open, packages, skipped } = writing;
  database.finish(checksum);
  const file = `${open}.gz`;
  const opened = measured();
  const packed = measured();
  await pipeline(
    createReadStream(open, { highWaterMark: 1024 * 1024 }),
    opened.pass,
    createGzip({ level: 6 }),
    packed.pass,
    createWriteStream(file, { flush: true, mode: 0o600 }),
  );
  await rm(open);
  const { sha256, size } = packed.result();
  const { sha256: openSha256, size: openSize } = opened.result();
  return { file, sha256, size, openSha256, openSize, packages, skipped };
}

/** Passes bytes on, and tells of what passed. */
function measured() {
  const sum = createHash('sha256');
  let size = 0;
  return {
    async *pass(bytes: AsyncIterable<Buffer>) {
      for await (const chunk of bytes) {
        sum.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    },
    result: () => ({ sha256: sum.digest('hex'), size }),
  };
}
