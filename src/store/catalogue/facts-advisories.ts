import { LRUCache } from 'lru-cache';
import type { Sqlite } from '../sqlite.ts';
import { keyOf, type PackageKey, wholeKey } from './package-key.ts';

/** What the catalogue says of an advisory, but for its title and references. */
export interface AdvisoryFacts {
  row: number;
  id: string;
  type: string;
  severity: string;
  /** As it stands. */
  issued: string;
  /** The builds that it ships. */
  packages: PackageKey[];
}

const kept = 100_000;
/** So many are asked for at a time. */
const batch = 5000;

/** Reads what advisories say. */
export function createAdvisoryFacts(db: Sqlite) {
  const records = db.prepare(
    'SELECT id AS row, advisory_id AS id, type, severity, issued FROM advisory WHERE id IN (SELECT value FROM json_each(?))',
  );
  const builds = db
    .prepare(`
    SELECT advisory, name || char(10) || arch || char(10) || epoch || char(10) || version || char(10) || release
    FROM advisory_package WHERE advisory IN (SELECT value FROM json_each(?))`)
    .raw();
  const one = db.prepare(
    'SELECT name, arch, epoch, version, release FROM advisory_package WHERE advisory = ?',
  );
  const byId = db.prepare('SELECT id FROM advisory WHERE advisory_id = ?').pluck();
  const known = new LRUCache<number, AdvisoryFacts>({ max: kept });

  function read(rows: number[]): AdvisoryFacts[] {
    const wanted = JSON.stringify(rows);
    const found = new Map<number, AdvisoryFacts>();
    const broken = new Set<number>();
    for (const record of records.all(wanted) as Omit<AdvisoryFacts, 'packages'>[]) {
      found.set(record.row, { ...record, packages: [] });
    }
    for (const [row, key] of builds.all(wanted) as [number, string][]) {
      found.get(row)!.packages.push(key);
      if (!wholeKey(key)) broken.add(row);
    }
    for (const row of broken) {
      found.get(row)!.packages = (one.all(row) as Parameters<typeof keyOf>[0][]).map(keyOf);
    }
    return [...found.values()];
  }

  return {
    /** The rows of all advisories with an id, of whichever revisions. */
    rowsOf: (id: string) => byId.all(id) as number[],

    /** The advisories of these rows, in their order. */
    of(rows: Iterable<number>): AdvisoryFacts[] {
      const all = [...rows];
      const now = new Map<number, AdvisoryFacts>();
      const missing: number[] = [];
      for (const row of new Set(all)) {
        const before = known.get(row);
        if (before) now.set(row, before);
        else missing.push(row);
      }
      for (let i = 0; i < missing.length; i += batch) {
        for (const advisory of read(missing.slice(i, i + batch))) {
          now.set(advisory.row, advisory);
          known.set(advisory.row, advisory);
        }
      }
      return all.map((row) => now.get(row)!);
    },
  };
}
