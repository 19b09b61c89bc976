import type { Sqlite } from '../sqlite.ts';
import { type AdvisoryLine, createAdvisoryTexts } from './facts-texts.ts';

/** A build by its name. */
export interface NamedBuild {
  name: string;
  arch: string;
  epoch: string;
  version: string;
  release: string;
}

/** An advisory that ships builds of a name, with these builds. */
export interface ShippingAdvisory {
  row: number;
  build: NamedBuild;
}

/** Looks builds up in the catalogue: their elements, sizes, and the advisories that ship them. */
export function createBuildFacts(db: Sqlite) {
  const rowOf = db
    .prepare(
      'SELECT id FROM package WHERE name = ? AND arch = ? AND epoch = ? AND version = ? AND release = ? LIMIT 1',
    )
    .pluck();
  const place = db.prepare(
    'SELECT lower(hex(pack)) AS pack, first + ? - row AS at FROM pack_rows WHERE row <= ? AND row + count > ? LIMIT 1',
  );
  const sizes = db
    .prepare(
      'SELECT id, package_size, installed_size FROM package WHERE id IN (SELECT value FROM json_each(?))',
    )
    .raw();
  const byChecksum = db.prepare('SELECT id FROM package WHERE checksum = ?').pluck();
  const shipping = db.prepare(
    'SELECT advisory, name, arch, epoch, version, release FROM advisory_package WHERE name = ?',
  );
  const texts = createAdvisoryTexts(db);

  return {
    /** The row of some package that is called so; undefined where no revision has one. */
    rowOf: (b: NamedBuild): number | undefined =>
      rowOf.get(b.name, b.arch, b.epoch, b.version, b.release) as number | undefined,

    /** The pack that holds a package's element, and which of its fragments it is. */
    place: (row: number): { pack: string; at: number } | undefined =>
      place.get(row, row, row) as { pack: string; at: number } | undefined,

    /** Bytes of the rpm, and what it takes on the disk, by row. */
    sizes: (rows: readonly number[]): Map<number, [number, number]> =>
      new Map(
        (sizes.all(JSON.stringify(rows)) as [number, number, number][]).map(([row, ...of]) => [
          row,
          of,
        ]),
      ),

    /** Rows of packages by the digest of the rpm, in hexadecimal digits. */
    withChecksum: (sum: string): number[] => byChecksum.all(Buffer.from(sum, 'hex')) as number[],

    /** What advisories, by row, ship of a name. */
    shipping: (name: string): ShippingAdvisory[] =>
      (shipping.all(name) as (NamedBuild & { advisory: number })[]).map(
        ({ advisory, ...build }) => ({ row: advisory, build }),
      ),

    advisories: (rows: readonly number[]): AdvisoryLine[] => [...texts.lines(rows).values()],
  };
}

export type BuildFacts = ReturnType<typeof createBuildFacts>;
