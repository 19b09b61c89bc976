import type { Sqlite } from '../sqlite.ts';

/** A table of intervals: which rows of another table a source held, from which revision until which. */
export interface IntervalTable {
  table: 'membership' | 'advisory_membership' | 'module_membership';
  column: 'package' | 'advisory' | 'stream';
}

/** Two revisions of a source and what it holds in the newer. */
export interface Change {
  source: number;
  /** The revision that is served; 0 if none. What was written beyond it belongs to a sync that did not finish. */
  base: number;
  revision: number;
  ids: ReadonlySet<number>;
}

/** Writes what changed from `base` to `revision`. For use within a transaction. */
export function recordChange(
  db: Sqlite,
  { table, column }: IntervalTable,
  { source, base, revision, ids }: Change,
): { added: number; removed: number } {
  db.prepare(`DELETE FROM ${table} WHERE source = ? AND from_revision > ?`).run(source, base);
  db.prepare(`UPDATE ${table} SET to_revision = NULL WHERE source = ? AND to_revision > ?`).run(
    source,
    base,
  );
  const open = db
    .prepare(`SELECT ${column} FROM ${table} WHERE source = ? AND to_revision IS NULL`)
    .pluck()
    .all(source) as number[];
  const before = new Set(open);
  const add = db.prepare(
    `INSERT INTO ${table} (source, ${column}, from_revision) VALUES (?, ?, ?)`,
  );
  const close = db.prepare(
    `UPDATE ${table} SET to_revision = ? WHERE source = ? AND ${column} = ? AND to_revision IS NULL`,
  );
  let added = 0;
  let removed = 0;
  for (const id of [...ids].sort((a, b) => a - b)) {
    if (before.has(id)) continue;
    add.run(source, id, revision);
    added++;
  }
  for (const id of before) {
    if (ids.has(id)) continue;
    close.run(revision, source, id);
    removed++;
  }
  return { added, removed };
}
