import { LRUCache } from 'lru-cache';
import type { Sqlite } from '../sqlite.ts';
import { spellingsOf } from './facts-texts.ts';
import { keyOf, type PackageKey } from './package-key.ts';

/** A package, as far as lists are ordered by it. */
export interface Build {
  row: number;
  arch: string;
  /** evr_key in hexadecimal digits. */
  evr: string;
  key: PackageKey;
}

/** What lists show of a package. */
export interface PackageLine extends Omit<Build, 'row' | 'key'> {
  name: string;
  epoch: string;
  version: string;
  release: string;
  checksum: { type: string; value: string };
  summary: string;
  /** Seconds since 1970; 0 where it is not known. */
  built: number;
  /** Bytes; 0 where upstream does not say. */
  size: number;
}

/** An advisory that ships a build, or that names a CVE. */
export interface AdvisoryLine {
  row: number;
  id: string;
  type: string;
}

/** So many builds are remembered: about 200 bytes each. */
const keptBuilds = 50_000;
/** So many rows are read at a time. */
const batch = 4096;

/** Reads what it takes to list packages and to find them. */
export function createListingFacts(db: Sqlite) {
  const between = db
    .prepare('SELECT id, name, build_time FROM package WHERE id BETWEEN ? AND ? ORDER BY id')
    .raw();
  const columns = 'id, name, arch, epoch, version, release, hex(evr_key)';
  const named = db.prepare(`SELECT ${columns} FROM package WHERE name = ? ORDER BY id`).raw();
  const these = 'FROM package WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id';
  const lines = db
    .prepare(
      `SELECT ${columns}, checksum_type, lower(hex(checksum)), summary, build_time, package_size ${these}`,
    )
    .raw();
  const fragment = db.prepare('SELECT fragment FROM package WHERE id = ?').pluck();
  const known = new LRUCache<string, Build[]>({
    maxSize: keptBuilds,
    maxEntrySize: Number.MAX_SAFE_INTEGER,
    sizeCalculation: (builds) => builds.length + 1,
  });
  const shipping = db.prepare(`
    SELECT DISTINCT a.id AS row, a.advisory_id AS id, a.type
    FROM advisory_package p JOIN advisory a ON a.id = p.advisory
    WHERE p.name = @name AND p.arch = @arch AND p.version = @version AND p.release = @release AND p.epoch = @epoch
    ORDER BY a.advisory_id`);
  const naming = db
    .prepare(
      'SELECT DISTINCT advisory FROM advisory_reference WHERE reference IN (SELECT value FROM json_each(?))',
    )
    .pluck();

  return {
    /** Calls `take` with the names and build times of these rows, which ascend. */
    names(rows: Uint32Array, take: (row: number, name: string, built: number) => void): void {
      for (let i = 0; i < rows.length; ) {
        const first = rows[i]!;
        let end = i + 1;
        while (end < rows.length && rows[end]! - first < batch) end++;
        for (const found of between.all(first, rows[end - 1]!) as [number, string, number][]) {
          if (found[0] !== rows[i]) continue;
          take(found[0], found[1], found[2]);
          i++;
        }
        i = end;
      }
    },

    /** What lists show of rows, as far as they are there. */
    lines(rows: readonly number[]): Map<number, PackageLine> {
      const found = lines.all(JSON.stringify(rows)) as [...BuildRow, ...LineRow][];
      return new Map(
        found.map((row): [number, PackageLine] => {
          const [id, name, arch, epoch, version, release, evr, type, value, ...rest] = row;
          const [summary, built, size] = rest;
          const checksum = { type, value };
          return [id, { name, arch, epoch, version, release, evr, checksum, summary, built, size }];
        }),
      );
    },

    /** sha256 of a row's element of primary. */
    fragment: (row: number) => fragment.get(row) as Buffer | undefined,

    /** All packages of a name by their rows, of whichever revisions. */
    builds(name: string): readonly Build[] {
      let found = known.get(name);
      if (!found) {
        const rows = named.all(name) as BuildRow[];
        found = rows.map(buildOf);
        known.set(name, found);
      }
      return found;
    },

    /** The advisories that ship a build, of whichever revisions. */
    shipping: (build: {
      name: string;
      arch: string;
      epoch: string;
      version: string;
      release: string;
    }) => shipping.all(build) as AdvisoryLine[],

    /** The rows of the advisories that refer to a CVE, of whichever revisions. */
    naming: (cve: string) => naming.all(JSON.stringify(spellingsOf(cve))) as number[],
  };
}

function buildOf([row, name, arch, epoch, version, release, evr]: BuildRow): Build {
  return { row, arch, evr, key: keyOf({ name, arch, epoch, version, release }) };
}

type LineRow = [checksumType: string, sum: string, summary: string, built: number, size: number];
type BuildRow = [
  ...[row: number, name: string, arch: string, epoch: string, version: string, release: string],
  evr: string,
];
