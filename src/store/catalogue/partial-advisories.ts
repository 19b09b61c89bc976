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
  const same = db
    .prepare('SELECT id FROM package WHERE name = ? AND arch = ? AND evr_key = ?')
    .pluck();
  const newer = db.prepare(
    'SELECT id, name, arch, epoch, version, release FROM package WHERE name = ? AND arch = ? AND evr_key > ?',
  );
  const stateOf = (build: AdvisoryBuild): 'held' | 'newer' | 'missing' | 'unknown' => {
    const key = [build.name, build.arch, evrKey(build)];
    const ids = same.all(...key) as number[];
    if (ids.some((id) => held.has(id))) return 'held';
    if (!ids.some((id) => parents.has(id))) return 'unknown';
    const line = lineOf(build);
    const later = newer.all(...key) as Found[];
    return later.some((f) => held.has(f.id) && lineOf(f) === line) ? 'newer' : 'missing';
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
