import type { Sqlite } from '../sqlite.ts';

/** Rows that are read at a time. */
const chunk = 1024;

/** Reads which fragments rows were made of. */
export function createDigestFacts(db: Sqlite) {
  const reader = (table: 'package' | 'advisory') =>
    db.prepare(`SELECT id, fragment FROM ${table} WHERE id BETWEEN ? AND ?`).raw();
  const readers = { package: reader('package'), advisory: reader('advisory') };

  return {
    /** The digests of these rows' fragments, in no order. */
    *of(table: 'package' | 'advisory', rows: Iterable<number>): Generator<Buffer> {
      const sorted = Uint32Array.from(rows).sort();
      for (let i = 0; i < sorted.length; ) {
        const first = sorted[i]!;
        let end = i;
        while (end < sorted.length && sorted[end]! < first + chunk) end++;
        const wanted = new Set(sorted.subarray(i, end));
        for (const [id, digest] of readers[table].all(first, first + chunk - 1) as [
          number,
          Buffer,
        ][]) {
          if (wanted.has(id)) yield digest;
        }
        i = end;
      }
    },
  };
}
