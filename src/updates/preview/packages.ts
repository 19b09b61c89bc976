import { AppError } from '../../base/errors.ts';
import { findFiles } from '../../channels/check/file-search.ts';
import { createDependencyReader } from '../../repodata/dependencies.ts';
import type { BuildFacts } from '../../store/catalogue/builds.ts';
import { forRowFragments } from '../../store/catalogue/row-fragments.ts';
import type { Objects } from '../../store/objects/objects.ts';
import { withPacks } from '../../store/objects/tree.ts';
import type { Sqlite } from '../../store/sqlite.ts';
import { createPool, type Nevra } from './pool.ts';

interface Catalogue {
  db: Sqlite;
  objects: Objects;
  builds: BuildFacts;
}

export type Packages = ReturnType<typeof createPackages>;

/** The packages of the trees of primary that were asked for, and others that are installed somewhere. */
export function createPackages() {
  const pool = createPool();
  /** By tree: its rows, and their packages. */
  const trees = new Map<string, { rows: Uint32Array; packages: Int32Array }>();
  /** Those of which no element was found. */
  const unknown = new Set<number>();
  /** What was looked for in which filelists. */
  const looked = new Map<string, Set<string>>();

  return {
    pool,

    /** The packages of a tree, in the order of its rows; -1 where one is a source package or cannot be read. */
    async ofTree({ db, objects }: Catalogue, tree: string, rows: Uint32Array): Promise<Int32Array> {
      const known = trees.get(tree);
      if (known && sameRows(known.rows, rows)) return known.packages;
      const byRow = new Map<number, number>();
      const read = createDependencyReader();
      await forRowFragments({ db, objects }, { tree, rows: 'all' }, ({ row, bytes }) => {
        if (row === undefined || byRow.has(row)) return;
        const found = readable(read, bytes);
        const isBinary = found && found.arch !== 'src' && found.arch !== 'nosrc';
        byRow.set(row, isBinary ? pool.add(found) : -1);
      });
      const packages = Int32Array.from(rows, (row) => byRow.get(row) ?? -1);
      trees.set(tree, { rows, packages });
      return packages;
    },

    /** A package that some revision had, or one of which nothing is known but its name. */
    async installed(catalogue: Catalogue, of: Nevra): Promise<number> {
      const known = pool.withNevra(of).find((pkg) => !unknown.has(pkg));
      if (known !== undefined) return known;
      const found = await elementOf(catalogue, of);
      if (found) return pool.add(found);
      const before = pool.withNevra(of)[0];
      if (before !== undefined) return before;
      const nothing = { provides: [], requires: [], conflicts: [], obsoletes: [] };
      const weak = { recommends: [], supplements: [], suggests: [] };
      const pkg = pool.add({ ...of, ...nothing, ...weak, pkgid: '', files: [] });
      unknown.add(pkg);
      return pkg;
    },

    isUnknown: (pkg: number): boolean => unknown.has(pkg),

    /** Looks files up in filelists, each once; gives whether any package has one of them that was not known to. */
    async lookUp(
      { objects, builds }: Catalogue,
      of: { filelists: readonly string[]; paths: readonly string[] },
    ): Promise<boolean> {
      let any = false;
      for (const tree of of.filelists) {
        const before = looked.get(tree) ?? new Set();
        looked.set(tree, before);
        const paths = new Set(of.paths.filter((path) => !before.has(path)));
        if (paths.size === 0) continue;
        await findFiles(objects, { trees: [tree], paths }, (pkgid, path) => {
          for (const pkg of withRows(builds.withChecksum(pkgid))) {
            pool.noteFile(path, pkg);
            any = true;
          }
        });
        for (const path of paths) before.add(path);
      }
      return any;
    },
  };

  function withRows(rows: readonly number[]): number[] {
    const found = new Set<number>();
    for (const tree of trees.values()) {
      for (const row of rows) {
        const pkg = tree.packages[tree.rows.indexOf(row)];
        if (pkg !== undefined && pkg >= 0) found.add(pkg);
      }
    }
    return [...found];
  }
}

/** The element of a package that some revision had; undefined where none did, or it is gone or cannot be read. */
async function elementOf({ objects, builds }: Catalogue, of: Nevra) {
  const row = builds.rowOf(of);
  const place = row === undefined ? undefined : builds.place(row);
  if (!place) return undefined;
  const bytes = await withPacks(objects, async (open) => {
    const pack = await open(place.pack);
    for await (const one of pack.fragments(place.at, 1)) return Buffer.from(one.bytes);
    return undefined;
  }).catch(absent);
  return bytes && readable(createDependencyReader(), bytes);
}

function readable(read: ReturnType<typeof createDependencyReader>, bytes: Buffer) {
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

function absent(error: unknown): undefined {
  if (!(error instanceof AppError)) throw error;
}

const sameRows = (a: Uint32Array, b: Uint32Array): boolean =>
  a === b || (a.length === b.length && a.every((row, i) => row === b[i]));
