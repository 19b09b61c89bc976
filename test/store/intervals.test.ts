import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type IntervalTable, recordChange } from '../../src/store/catalogue/intervals.ts';

const table: IntervalTable = { table: 'advisory_membership', column: 'advisory' };

function open() {
  const db = new Database(':memory:');
  const schema = (name: string) =>
    readFileSync(new URL(`../../src/store/catalogue/schema/${name}`, import.meta.url), 'utf8');
  db.exec(schema('001-packages.sql'));
  db.exec(schema('002-advisories.sql'));
  for (const id of [1, 2]) db.prepare('INSERT INTO source VALUES (?, ?, 0)').run(id, `s${id}`);
  for (let id = 0; id < 12; id++) {
    db.prepare("INSERT INTO advisory VALUES (?, ?, '', '', '', '', '', '')").run(
      id,
      Buffer.from([id]),
    );
  }
  const rows = () => db.prepare('SELECT * FROM advisory_membership ORDER BY 1, 2, 3').all();
  const held = (source: number, revision: number) =>
    db
      .prepare(
        'SELECT advisory FROM advisory_membership WHERE source = ? AND from_revision <= ? AND (to_revision IS NULL OR to_revision > ?) ORDER BY 1',
      )
      .pluck()
      .all(source, revision, revision);
  return { db, rows, held };
}

it('counts what came and what went', () => {
  const { db, rows, held } = open();
  const change = (base: number, revision: number, ids: number[]) =>
    recordChange(db, table, { source: 1, base, revision, ids: new Set(ids) });
  expect(change(0, 1, [1, 2, 3])).toEqual({ added: 3, removed: 0 });
  expect(change(1, 2, [2, 3, 4, 5])).toEqual({ added: 2, removed: 1 });
  expect(change(2, 3, [1, 2, 3, 4, 5])).toEqual({ added: 1, removed: 0 });
  expect(held(1, 1)).toEqual([1, 2, 3]);
  expect(held(1, 2)).toEqual([2, 3, 4, 5]);
  expect(held(1, 3)).toEqual([1, 2, 3, 4, 5]);
  expect(rows()).toHaveLength(6);
});

it('leaves no trace of a sync that died before its revision was published', () => {
  const { db, rows } = open();
  const change = (base: number, revision: number, ids: number[]) =>
    recordChange(db, table, { source: 1, base, revision, ids: new Set(ids) });
  const clean = open();
  change(0, 1, [1, 2, 3]);
  recordChange(clean.db, table, { source: 1, base: 0, revision: 1, ids: new Set([1, 2, 3]) });
  // Revision 2 wrote its rows, and the process ended: 1 is served still.
  change(1, 2, [3, 9]);
  change(1, 3, [7]);
  expect(change(1, 4, [2, 3, 4])).toEqual({ added: 1, removed: 1 });
  recordChange(clean.db, table, { source: 1, base: 1, revision: 4, ids: new Set([2, 3, 4]) });
  expect(rows()).toEqual(clean.rows());
});

it('tells of every published revision what it held, whatever was published, died or lived beside it', () => {
  const ids = fc.uniqueArray(fc.nat({ max: 11 }));
  const sync = fc.record({ ids, source: fc.constantFrom(1, 2), dies: fc.boolean() });
  fc.assert(
    fc.property(fc.array(sync, { maxLength: 20 }), (syncs) => {
      const { db, held } = open();
      const published: { source: number; revision: number; ids: number[] }[] = [];
      const last = [0, 0, 0];
      const current = [0, 0, 0];
      for (const { ids, source, dies } of syncs) {
        const revision = ++last[source]!;
        recordChange(db, table, { source, base: current[source]!, revision, ids: new Set(ids) });
        if (dies) continue;
        current[source] = revision;
        published.push({ source, revision, ids: ids.toSorted((a, b) => a - b) });
      }
      for (const { source, revision, ids } of published) {
        // What died after the served revision is beyond every revision that anybody asks for.
        if (revision <= current[source]!) expect(held(source, revision)).toEqual(ids);
      }
      db.close();
    }),
    { numRuns: 60 },
  );
});
