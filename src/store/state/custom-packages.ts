import type { DerivedParent } from '../objects/derived.ts';
import type { StateDb } from './state.ts';

/** A package of a custom source. */
export interface CustomPackage {
  /** name-epoch:version-release.arch */
  nevra: string;
  /** The mirrored source that it was taken from; its revision, the number null where that is not known, and the manifest. */
  source: string;
  revision: number | null;
  manifest: string;
}

/** Which packages custom sources have. */
export function createCustomPackageTable(db: StateDb) {
  async function of(label: string): Promise<CustomPackage[]> {
    return db
      .selectFrom('custom_package')
      .where('label', '=', label)
      .orderBy('nevra')
      .select(['nevra', 'source', 'revision', 'manifest'])
      .execute();
  }

  return {
    of,

    /** What a custom source is made of: those revisions, and which of their packages. In the same order for the same packages. */
    parents: async (label: string): Promise<DerivedParent[]> => parentsOf(await of(label)),

    /** Gives a custom source these packages in place of those that it had. */
    async replace(label: string, packages: readonly CustomPackage[]): Promise<void> {
      const added_at = new Date().toISOString();
      await db.transaction().execute(async (tx) => {
        const before = await tx
          .selectFrom('custom_package')
          .where('label', '=', label)
          .select(['nevra', 'added_at'])
          .execute();
        const since = new Map(before.map((row) => [row.nevra, row.added_at]));
        await tx.deleteFrom('custom_package').where('label', '=', label).execute();
        for (let at = 0; at < packages.length; at += atOnce) {
          const rows = packages
            .slice(at, at + atOnce)
            .map((p) => ({ label, ...p, added_at: since.get(p.nevra) ?? added_at }));
          await tx.insertInto('custom_package').values(rows).execute();
        }
      });
    },

    /** The mirrored sources that packages were taken from, by the custom sources that have them. */
    async sources(): Promise<Map<string, string[]>> {
      const rows = await db
        .selectFrom('custom_package')
        .select(['label', 'source'])
        .distinct()
        .orderBy('source')
        .execute();
      const found = new Map<string, string[]>();
      for (const { label, source } of rows) {
        found.set(label, [...(found.get(label) ?? []), source]);
      }
      return found;
    },

    /** All revisions that packages were taken from. */
    async pinned(): Promise<DerivedParent[]> {
      const rows = await db
        .selectFrom('custom_package')
        .select(['source', 'revision', 'manifest'])
        .distinct()
        .execute();
      return rows.map(({ source, ...of }) => ({ label: source, ...of }));
    },

    async forget(label: string): Promise<void> {
      await db.deleteFrom('custom_package').where('label', '=', label).execute();
    },
  };
}

export type CustomPackageTable = ReturnType<typeof createCustomPackageTable>;

/** SQLite takes some tens of thousands of values in one statement. */
const atOnce = 1000;

function parentsOf(packages: readonly CustomPackage[]): DerivedParent[] {
  const parents = new Map<string, DerivedParent & { only: string[] }>();
  for (const { nevra, source, revision, manifest } of packages) {
    const parent = parents.get(manifest) ?? { label: source, revision, manifest, only: [] };
    parent.only.push(nevra);
    parents.set(manifest, parent);
  }
  // Of what two revisions of a source say of modules or groups, the newer one's counts.
  return [...parents.values()].sort((a, b) =>
    a.label === b.label ? (b.revision ?? 0) - (a.revision ?? 0) : a.label < b.label ? -1 : 1,
  );
}
