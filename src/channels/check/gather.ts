import { BitSet } from '../../base/bit-set.ts';
import { AppError } from '../../base/errors.ts';
import type { PackageDependencies } from '../../repodata/dependencies.ts';
import { createTreeRows } from '../../store/catalogue/facts-rows.ts';
import { type ModulesOf, modulesOf } from '../../store/catalogue/module-streams.ts';
import { forRowFragments } from '../../store/catalogue/row-fragments.ts';
import { readRevision } from '../../store/objects/derived.ts';
import { type Manifest, readManifest } from '../../store/objects/manifest.ts';
import type { Objects } from '../../store/objects/objects.ts';
import type { Sqlite } from '../../store/sqlite.ts';
import type { Content, Origin } from '../content/content.ts';

export interface CheckDeps {
  /** The catalogue. */
  db: Sqlite;
  objects: Objects;
  contentOf(label: string, revision: string): Promise<Content>;
  read(element: Buffer): PackageDependencies;
}

/** A source's revision, by its object. */
export interface RevisionOf {
  label: string;
  revision: string;
}

/** What remains of a mirrored revision, with that revision. */
export interface Part {
  origin: Origin;
  manifest: Manifest;
}

export async function partsOf(
  deps: Pick<CheckDeps, 'objects' | 'contentOf'>,
  { label, revision }: RevisionOf,
): Promise<Part[]> {
  const { origins } = await deps.contentOf(label, revision);
  return Promise.all(
    origins.map(async (origin) => ({
      origin,
      manifest: await readManifest(deps.objects, origin.manifest),
    })),
  );
}

/** The mirrored revisions that a revision draws from, through however many views and stages: each once and whole. */
export async function wholeParts(deps: CheckDeps, of: RevisionOf): Promise<Part[]> {
  const found = new Map<string, Part>();
  const visit = async ({ label, revision }: RevisionOf): Promise<void> => {
    if (found.has(revision)) return;
    const is = await readRevision(deps.objects, revision);
    if (is.kind === 'mirrored') {
      const all = { packages: 'all', advisories: 'all', modules: 'all', groups: 'all' } as const;
      found.set(revision, {
        origin: { label, manifest: revision, ...all },
        manifest: is.manifest,
      });
      return;
    }
    for (const p of is.derived.parents) await visit({ label: p.label, revision: p.manifest });
  };
  await visit(of);
  return [...found.values()];
}

/** Reads the packages of a part but for those rows, source packages left out; those that cannot be read are in no set. */
export async function readPackages(
  deps: CheckDeps,
  { origin, manifest }: Part,
  { except, take }: { except?: BitSet; take: (dependencies: PackageDependencies) => void },
): Promise<void> {
  const tree = manifest.trees.primary;
  if (!tree) return;
  const wanted = { tree, rows: origin.packages, ...(except && { except }) };
  await forRowFragments(deps, wanted, ({ bytes }) => {
    try {
      const read = deps.read(bytes);
      if (read.arch !== 'src' && read.arch !== 'nosrc') take(read);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  });
}

/** The modules of several parts together. */
export async function readModules(
  deps: Pick<CheckDeps, 'db' | 'objects'>,
  parts: Part[],
): Promise<ModulesOf> {
  const all: ModulesOf = { builds: [], defaults: [] };
  for (const { origin, manifest } of parts) {
    const { builds, defaults } = await modulesOf(deps, manifest, origin.modules);
    all.builds.push(...builds);
    all.defaults.push(...defaults);
  }
  return all;
}

/** The rows of packages or advisories that parts have together. */
export async function rowsIn(
  deps: CheckDeps,
  parts: Part[],
  of: 'packages' | 'advisories',
): Promise<BitSet> {
  const rows = new BitSet();
  const rowsOf = createTreeRows(deps.db);
  const [document, table] =
    of === 'packages' ? (['primary', 'package'] as const) : (['updateinfo', 'advisory'] as const);
  for (const { origin, manifest } of parts) {
    const tree = manifest.trees[document];
    const own = origin[of] === 'all' ? (await rowsOf(deps.objects, table, tree)).rows : origin[of];
    for (const row of own) rows.add(row);
  }
  return rows;
}
