import { renameSync, rmSync } from 'node:fs';
import type { Checksum } from '../../base/digest.ts';
import { AppError } from '../../base/errors.ts';
import { syncFolder } from '../objects/durable.ts';
import type { DataPaths } from '../paths.ts';
import { openForReading, type Sqlite } from '../sqlite.ts';
import { createWorkerCalls } from '../worker-calls.ts';
import type { IndexJob, IndexResult } from './indexing.ts';
import { createNewAdvisories, type NewAdvisories } from './new-advisories.ts';
import { type PackageRow, packageFile, packagesOf } from './revision-packages.ts';
import type { SweepJob, SweptRows } from './sweep-rows.ts';
import { createTurns } from './turns.ts';
import { usable } from './unusable.ts';
import type { CatalogueJob, CatalogueResult } from './worker.ts';

export type Catalogue = Awaited<ReturnType<typeof openCatalogue>>;

/** What it takes to serve a package's rpm. */
export interface PackageFile {
  location: string;
  /** xml:base of the location, where it has one. */
  base?: string;
  checksum: Checksum;
  /** Bytes; 0 where upstream does not say. */
  size: number;
  name: string;
}

/** What the file name of an rpm says, by convention. */
export interface Nvra {
  name: string;
  version: string;
  release: string;
  arch: string;
}

/**
 * Opens a catalogue: a thread that writes it, and a connection that reads. Throws AppErrors, and what SQLite says of a file
 * that it cannot use. Later on everything throws AppError 'invalid' where the file became damaged, or is gone.
 */
export async function openCatalogue(paths: DataPaths, file = paths.catalogue) {
  const start = async () => {
    const thread = createWorkerCalls<CatalogueJob, CatalogueResult>(
      new URL('worker.ts', import.meta.url),
      { root: paths.root, file },
    );
    try {
      await thread.call({ op: 'ready' });
      return thread;
    } catch (error) {
      await thread.close();
      throw error;
    }
  };
  let writer = await start();
  let reader: ReturnType<typeof openReader>;
  try {
    reader = openReader(file);
  } catch (error) {
    await writer.close();
    throw error;
  }
  const turns = createTurns();
  /** The last index job of each source: its revision may not be published yet. */
  const latest = new Map<string, IndexJob>();

  return {
    /** Makes rows for a tree's packages or advisories, ahead of the revision that has it: `index` is quicker then. */
    async prepare(document: 'primary' | 'updateinfo', tree: string): Promise<void> {
      await turns.shared(() => usable(() => writer.call({ op: 'prepare', document, tree })));
    },

    /** Indexes a revision, in the writer's thread. */
    async index(job: IndexJob): Promise<IndexResult> {
      return turns.shared(async () => {
        const result = await usable(() => writer.call({ op: 'index', ...job }));
        latest.set(job.label, job);
        return result as IndexResult;
      });
    },

    /** Removes rows that nothing names any more, in the writer's thread. */
    async sweep(job: SweepJob): Promise<SweptRows[]> {
      const sweep = () => usable(() => writer.call({ op: 'sweep', ...job }));
      return (await turns.shared(sweep)) as SweptRows[];
    },

    /** The newest revision of a source that is indexed; 0 if none is. */
    indexed: (label: string): number => usable(() => reader.indexed(label)),

    /** How many packages a revision of a source has. */
    count: (label: string, revision: number): number => usable(() => reader.count(label, revision)),

    /**
     * The package at a location of a source, in any of its revisions from `oldest` to `newest`; in the newest that
     * has it.
     */
    packageAt: (
      label: string,
      location: string,
      oldest: number,
      newest: number,
    ): PackageFile | undefined => usable(() => reader.packageAt(label, location, oldest, newest)),

    /** The packages of a checksum, in hexadecimal digits, in whichever sources: their rows, and what it takes to fetch them. */
    packagesBy: (checksum: string): { row: number; file: PackageFile }[] =>
      usable(() => reader.packagesBy(checksum)),

    /** Packages of a name, version, release and architecture, in whichever sources. */
    packagesNamed: (nvra: Nvra): PackageFile[] => usable(() => reader.packagesNamed(nvra)),

    /** Whether a source has, or had, the package of a row. */
    hasHeld: (label: string, row: number): boolean => usable(() => reader.hasHeld(label, row)),

    /** How many packages of a revision lie at another address than their source. */
    elsewhere: (label: string, revision: number): number =>
      usable(() => reader.elsewhere(label, revision)),

    /** The security advisories that came to a source: `new-advisories.ts` says which. */
    newAdvisories: (
      label: string,
      since: { after: number; most: number; mostCves: number },
    ): NewAdvisories | undefined => usable(() => reader.newAdvisories(label, since)),

    /** Tells this database from one that was made again: rows have other numbers there. */
    identity: (): string => usable(() => reader.identity()),

    /** The packages of a revision, wherever they lie; with `newest`, the newest builds of each (newest.ts). */
    packages(label: string, revision: number, newest?: number): Promise<PackageFile[]> {
      return usable(() => packagesOf(file, { label, revision, newest }));
    },

    /**
     * Puts another database in this one's place, once `complete` has brought it to the same state: nothing is written
     * meanwhile, and whoever reads sees the one or the other. `complete` gets the last job of each source.
     */
    async replaceBy(other: string, complete: (jobs: IndexJob[]) => Promise<void>): Promise<void> {
      await turns.alone(async () => {
        await complete([...latest.values()]);
        await writer.call({ op: 'finish' }).catch((error) => {
          // What is damaged need not be finished.
          if (error instanceof AppError) throw error;
        });
        await writer.close();
        reader.close();
        try {
          // The old log must not be taken for the new one's.
          for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true });
          renameSync(other, file);
        } finally {
          reader = openReader(file);
          writer = await start();
        }
        await syncFolder(paths.root);
      });
    },

    /** Ends with everything in the database's one file. */
    async finish(): Promise<void> {
      reader.close();
      await writer.call({ op: 'finish' });
      await writer.close();
    },

    async close(): Promise<void> {
      reader.close();
      await writer.close();
    },
  };
}

function openReader(file: string) {
  const db = openForReading(file);
  try {
    return readerOf(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

function readerOf(db: Sqlite) {
  const byLocation = db.prepare(`
    SELECT p.location, p.base, p.checksum_type, hex(p.checksum) AS checksum, p.package_size, p.name
    FROM package p
    JOIN membership m ON m.package = p.id
    WHERE p.location = ? AND p.base IS NULL
      AND m.source = (SELECT id FROM source WHERE label = ?)
      AND m.from_revision <= ? AND (m.to_revision IS NULL OR m.to_revision > ?)
    ORDER BY m.from_revision DESC LIMIT 1`);
  const indexed = db.prepare('SELECT revision FROM source WHERE label = ?').pluck();
  const count = db
    .prepare(`
    SELECT count(*) FROM membership WHERE source = (SELECT id FROM source WHERE label = ?)
      AND from_revision <= ? AND (to_revision IS NULL OR to_revision > ?)`)
    .pluck();
  const byChecksum = db.prepare(`
    SELECT id, location, base, checksum_type, hex(checksum) AS checksum, package_size, name
    FROM package WHERE checksum = ? ORDER BY id`);
  const named = db.prepare(`
    SELECT location, base, checksum_type, hex(checksum) AS checksum, package_size, name
    FROM package WHERE name = @name AND arch = @arch AND version = @version AND release = @release
    ORDER BY id DESC LIMIT 100`);
  const held = db
    .prepare(
      'SELECT 1 FROM membership WHERE source = (SELECT id FROM source WHERE label = ?) AND package = ?',
    )
    .pluck();
  const elsewhere = db
    .prepare(`
    SELECT count(*) FROM package p CROSS JOIN membership m ON m.package = p.id
    WHERE (p.base IS NOT NULL OR p.location GLOB '*://*')
      AND m.source = (SELECT id FROM source WHERE label = ?)
      AND m.from_revision <= ? AND (m.to_revision IS NULL OR m.to_revision > ?)`)
    .pluck();
  const identity = db.prepare('SELECT id FROM identity').pluck();
  return {
    newAdvisories: createNewAdvisories(db),
    identity: () => identity.get() as string,
    hasHeld: (label: string, row: number) => held.get(label, row) !== undefined,
    elsewhere: (label: string, revision: number) =>
      elsewhere.get(label, revision, revision) as number,
    packagesBy: (checksum: string) =>
      (byChecksum.all(Buffer.from(checksum, 'hex')) as (PackageRow & { id: number })[]).map(
        ({ id, ...row }) => ({ row: id, file: packageFile(row) }),
      ),
    packagesNamed: (nvra: Nvra) => (named.all(nvra) as PackageRow[]).map(packageFile),
    count: (label: string, revision: number) => count.get(label, revision, revision) as number,
    indexed: (label: string) => (indexed.get(label) as number | undefined) ?? 0,
    packageAt(label: string, location: string, oldest: number, newest: number) {
      const row = byLocation.get(location, label, newest, oldest);
      return row ? packageFile(row as PackageRow) : undefined;
    },
    close: () => db.close(),
  };
}
