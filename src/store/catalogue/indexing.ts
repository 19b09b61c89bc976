import { AppError, explain } from '../../base/errors.ts';
import { type PrimaryPackage, readPrimary } from '../../repodata/primary.ts';
import { staysInside } from '../../repodata/repomd.ts';
import { readAdvisory } from '../../repodata/updateinfo.ts';
import { readManifest } from '../objects/manifest.ts';
import type { Objects } from '../objects/objects.ts';
import { readTree, withPacks } from '../objects/tree.ts';
import { inBatches, type Sqlite } from '../sqlite.ts';
import { type Change, type IntervalTable, recordChange } from './intervals.ts';
import { createPackRows } from './pack-rows.ts';
import { advisoryInserter, finder, packageInserter } from './rows.ts';
import { countGroups, indexModules } from './whole-documents.ts';

/** What is to be indexed: a manifest as a revision of a source, following the revision that is served. */
export interface IndexJob {
  label: string;
  /** The revision that the source's ref names; 0 if it has none. */
  base: number;
  revision: number;
  manifest: string;
  /** Throws AppError 'invalid' where nothing of the modules document can be read: dnf fails on such a repository. */
  refuseModules?: boolean;
}

/** What an index run found. */
export interface IndexResult {
  packages: number;
  packagesAdded: number;
  packagesRemoved: number;
  advisories: number;
  advisoriesNew: number;
  moduleStreams: number;
  groups: number;
  /** Packages whose location has an xml:base, or leads elsewhere: clients would go past this server. */
  elsewhere: number;
  setAside: SetAside[];
  /** How many records were set aside; the list above names the first hundred. */
  setAsideCount: number;
}

/** A record that could not be read: passed on to clients as it came, but not indexed. */
export interface SetAside {
  document: string;
  reason: string;
}

const batchSize = 8000;
const mostNamed = 100;

/**
 * Indexes a revision. Rows of packages come first, in short transactions; membership changes in one at the end. What was
 * `prepared`, by the tree's name, is taken from there.
 */
export async function indexRevision(
  db: Sqlite,
  objects: Objects,
  job: IndexJob,
  prepared: Map<string, Prepared> = new Map(),
): Promise<IndexResult> {
  const manifest = await readManifest(objects, job.manifest);
  const setAside: SetAside[] = [];
  let setAsideCount = 0;
  const putAside = (document: string, error: unknown) => {
    if (!(error instanceof AppError) && typeof error !== 'string') throw error;
    setAsideCount++;
    if (setAside.length < mostNamed)
      setAside.push({ document, reason: typeof error === 'string' ? error : explain(error) });
  };

  const take = async (document: IndexedDocument): Promise<ReadonlySet<number>> => {
    const tree = manifest.trees[document];
    if (!tree) return new Set();
    const ready = prepared.get(tree) ?? (await prepare(db, objects, { document, tree }));
    prepared.delete(tree);
    setAsideCount += ready.setAsideCount;
    setAside.push(...ready.setAside.slice(0, mostNamed - setAside.length));
    return ready.ids;
  };
  const packages = await take('primary');
  const advisories = await take('updateinfo');
  const modules = await indexModules(db, objects, manifest, (e) => putAside('modules', e));
  if (job.refuseModules && modules.unreadable) {
    throw new AppError('invalid', `the modules document cannot be read: ${modules.unreadable}`, {
      hint: 'dnf fails on such a repository, so it is not published',
    });
  }
  const streams = modules.ids;
  const groups = await countGroups(objects, manifest, (e) => putAside('group', e));

  return db.transaction((): IndexResult => {
    const source = noteSource(db, job);
    const change = (ids: ReadonlySet<number>): Change => ({ ...job, source, ids });
    const changed = recordChange(db, tables.packages, change(packages));
    const changedAdvisories = recordChange(db, tables.advisories, change(advisories));
    recordChange(db, tables.modules, change(streams));
    return {
      packages: packages.size,
      packagesAdded: changed.added,
      packagesRemoved: changed.removed,
      advisories: advisories.size,
      advisoriesNew: changedAdvisories.added,
      moduleStreams: streams.size,
      groups,
      elsewhere: countElsewhere(db, source, job.revision),
      setAside,
      setAsideCount,
    };
  })();
}

const tables = {
  packages: { table: 'membership', column: 'package' },
  advisories: { table: 'advisory_membership', column: 'advisory' },
  modules: { table: 'module_membership', column: 'stream' },
} satisfies Record<string, IntervalTable>;

type IndexedDocument = 'primary' | 'updateinfo';

/** A tree whose fragments all have rows, but for those set aside. */
export interface Prepared {
  ids: Set<number>;
  setAside: SetAside[];
  setAsideCount: number;
}

/**
 * Makes sure that each fragment of a tree has a row. A row alone says nothing of any source, so this may be done before
 * there is a manifest.
 */
export async function prepare(
  db: Sqlite,
  objects: Objects,
  { document, tree }: { document: IndexedDocument; tree: string },
): Promise<Prepared> {
  const common = { db, document };
  return document === 'primary'
    ? indexFragments(objects, tree, {
        ...common,
        find: finder(db, 'package', 'fragment'),
        read: readPackage,
        insert: packageInserter(db),
      })
    : indexFragments(objects, tree, {
        ...common,
        find: finder(db, 'advisory', 'fragment'),
        read: readAdvisory,
        insert: advisoryInserter(db),
      });
}

interface FragmentIndexer<T> {
  find: (fragment: Buffer) => number | undefined;
  read: (bytes: Buffer) => T;
  insert: (fragment: Buffer, value: T) => number;
  db: Sqlite;
  document: IndexedDocument;
}

async function indexFragments<T>(
  objects: Objects,
  treeName: string,
  indexer: FragmentIndexer<T>,
): Promise<Prepared> {
  const found: Prepared = { ids: new Set(), setAside: [], setAsideCount: 0 };
  const putAside = (error: unknown) => {
    if (!(error instanceof AppError)) throw error;
    found.setAsideCount++;
    if (found.setAside.length < mostNamed) {
      found.setAside.push({ document: indexer.document, reason: explain(error) });
    }
  };
  const { runs } = await readTree(objects, treeName);
  const rows = createPackRows(indexer.db);
  await inBatches(indexer.db, batchSize, (wrote) =>
    withPacks(objects, async (open) => {
      for (const [packName, first, count] of runs) {
        const unknown = rows.of(packName, first, count, found.ids);
        if (unknown.size === 0) continue;
        const pack = await open(packName);
        const note = (index: number, row: number) => {
          found.ids.add(row);
          rows.note(packName, index, row);
        };
        for (const index of unknown) {
          const row = indexer.find(pack.digest(index));
          if (row === undefined) continue;
          note(index, row);
          unknown.delete(index);
        }
        if (unknown.size === 0) continue;
        for await (const { index, bytes } of pack.fragments(first, count, (i) => unknown.has(i))) {
          try {
            note(index, indexer.insert(pack.digest(index), indexer.read(bytes)));
          } catch (error) {
            putAside(error);
          }
          wrote();
        }
      }
      rows.write();
    }),
  );
  return found;
}

function readPackage(bytes: Buffer): PrimaryPackage {
  const pkg = readPrimary(bytes);
  if (!pkg.base && !isElsewhere(pkg.location) && !staysInside(pkg.location)) {
    throw new AppError(
      'invalid',
      `package ${pkg.name} has a location outside the repository (${pkg.location})`,
    );
  }
  return pkg;
}

const isElsewhere = (href: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(href);

/** Notes the revision that is indexed now; gives the source's number. */
function noteSource(db: Sqlite, { label, revision }: IndexJob): number {
  return db
    .prepare(
      `INSERT INTO source (label, revision) VALUES (?, ?)
       ON CONFLICT (label) DO UPDATE SET revision = excluded.revision RETURNING id`,
    )
    .pluck()
    .get(label, revision) as number;
}

function countElsewhere(db: Sqlite, source: number, revision: number): number {
  return db
    .prepare(
      `SELECT count(*) FROM package p CROSS JOIN membership m ON m.package = p.id
       WHERE (p.base IS NOT NULL OR p.location GLOB '*://*')
         AND m.source = ? AND m.from_revision <= ? AND m.to_revision IS NULL`,
    )
    .pluck()
    .get(source, revision) as number;
}
