import type { Checksum } from '../../base/digest.ts';
import type { DataPaths } from '../paths.ts';
import { openForReading } from '../sqlite.ts';
import { createWorkerCalls } from '../worker-calls.ts';
import type { IndexJob, IndexResult } from './indexing.ts';
import { type PackageRow, packageFile, packagesOf } from './revision-packages.ts';
import type { CatalogueJob } from './worker.ts';

export type Catalogue = Awaited<ReturnType<typeof openCatalogue>>;

/** What it takes to serve a package's rpm. */
export interface PackageFile {
  location: string;
  checksum: Checksum;
  /** Bytes; 0 where upstream does not say. */
  size: number;
  name: string;
}

/** Opens the catalogue: a thread that writes it, and a connection that reads. */
export async function openCatalogue(paths: DataPaths) {
  const writer = createWorkerCalls<CatalogueJob, IndexResult | undefined>(
    new URL('worker.ts', import.meta.url),
    { root: paths.root },
  );
  await writer.call({ op: 'ready' });
  const db = openForReading(paths.catalogue);
  const byLocation = db.prepare(`
    SELECT p.location, p.checksum_type, hex(p.checksum) AS checksum, p.package_size, p.name
    FROM package p
    JOIN membership m ON m.package = p.id
    WHERE p.location = ? AND p.base IS NULL
      AND m.source = (SELECT id FROM source WHERE label = ?)
      AND m.from_revision <= ? AND (m.to_revision IS NULL OR m.to_revision > ?)
    ORDER BY m.from_revision DESC LIMIT 1`);
  const indexed = db.prepare('SELECT revision FROM source WHERE label = ?').pluck();

  return {
    /** Makes rows for a tree's packages or advisories, ahead of the revision that has it: `index` is quicker then. */
    async prepare(document: 'primary' | 'updateinfo', tree: string): Promise<void> {
      await writer.call({ op: 'prepare', document, tree });
    },

    /** Indexes a revision, in the writer's thread. */
    async index(job: IndexJob): Promise<IndexResult> {
      return (await writer.call({ op: 'index', ...job }))!;
    },

    /** The newest revision of a source that is indexed; 0 if none is. */
    indexed(label: string): number {
      return (indexed.get(label) as number | undefined) ?? 0;
    },

    /**
     * The package at a location of a source, in any of its revisions from `oldest` to `newest`; in the newest that
     * has it.
     */
    packageAt(
      label: string,
      location: string,
      oldest: number,
      newest: number,
    ): PackageFile | undefined {
      const row = byLocation.get(location, label, newest, oldest);
      return row ? packageFile(row as PackageRow) : undefined;
    },

    /** The packages of a revision that lie at its source; with `newest`, the newest builds of each (newest.ts). */
    packages(label: string, revision: number, newest?: number): Promise<PackageFile[]> {
      return packagesOf(paths.catalogue, { label, revision, newest });
    },

    async close(): Promise<void> {
      db.close();
      await writer.close();
    },
  };
}
