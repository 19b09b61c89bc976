import type { BitSet } from '../../base/bit-set.ts';
import { evrKey } from '../../repodata/evr.ts';
import type { Sqlite } from '../sqlite.ts';

/** A build that an advisory ships. */
export interface AdvisoryBuild {
  name: string;
  arch: string;
  epoch: string;
  version: string;
  release: string;
}

interface Found extends AdvisoryBuild {
  id: number;
  evr_key: Buffer;
}

/**
 * The advisories, by row, of whose builds some are `held` and others only in `parents`: their ids and those others. A build does
 * not count where a newer one of its name and architecture is held, of the same module stream if `lineOf` gives it one.
 */
export function partialAdvisories(
  db: Sqlite,
  rows: { advisories: BitSet; held: BitSet; parents: BitSet },
  lineOf: (build: AdvisoryBuild) => string | undefined,
): { id: string; missing: AdvisoryBuild[] }[] {
  const { advisories, held, parents } = rows;
  const idOf = db.prepare('SELECT advisory_id FROM advisory WHERE id = ?').pluck();
  const buildsOf = db.prepare(
    'SELECT DISTINCT name, arch, epoch, version, release FROM advisory_package WHERE advisory = ?',
  );
  const from = db.prepare(
    'SELECT id, evr_key, name, arch, epoch, version, release FROM package WHERE name = ? AND arch = ? AND evr_key >= ?',
  );
  const stateOf = (build: AdvisoryBuild): 'held' | 'newer' | 'missing' | 'unknown' => {
    const key = evrKey(build);
    const found = from.all(build.name, build.arch, key) as Found[];
    const same = found.filter((f) => f.evr_key.equals(key));
    if (same.some((f) => held.has(f.id))) return 'held';
    if (!same.some((f) => parents.has(f.id))) return 'unknown';
    const line = lineOf(build);
    return found.some((f) => held.has(f.id) && lineOf(f) === line) ? 'newer' : 'missing';
  };
  const partial: { id: string; missing: AdvisoryBuild[] }[] = [];
  for (const row of advisories) {
    const states = (buildsOf.all(row) as AdvisoryBuild[]).map((b) => [b, stateOf(b)] as const);
    const missing = states.filter(([, state]) => state === 'missing').map(([b]) => b);
    const some = states.some(([, state]) => state === 'held');
    if (some && missing.length > 0) partial.push({ id: idOf.get(row) as string, missing });
  }
  return partial;
}
