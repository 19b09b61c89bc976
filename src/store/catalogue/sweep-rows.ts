import { BitSet } from '../../base/bit-set.ts';
import { AppError } from '../../base/errors.ts';
import { createObjects, type Objects } from '../objects/objects.ts';
import { readTree, withPacks } from '../objects/tree.ts';
import type { DataPaths } from '../paths.ts';
import type { Sqlite } from '../sqlite.ts';
import type { Prepared } from './indexing.ts';
import type { IntervalTable } from './intervals.ts';
import { createPackRows } from './pack-rows.ts';

/** What of the catalogue stays. */
export interface SweepJob {
  /** Says what would go, and changes nothing. */
  dryRun: boolean;
  /** Each source's revisions that stay. */
  numbers: { label: string; numbers: number[] }[];
  /** Sources that there are: what is written of their next revision stays as well. */
  known: string[];
  /** Trees of the revisions that stay. */
  trees: { primary: string[]; updateinfo: string[] };
}

/** Rows that went: of a source, or of none. */
export interface SweptRows {
  label: string | null;
  count: number;
}

/** So many rows are deleted in a transaction. */
const batch = 2000;

const intervals: (IntervalTable & {
  rows: string;
  dependents: [table: string, column: string][];
})[] = [
  { table: 'membership', column: 'package', rows: 'package', dependents: [] },
  {
    table: 'advisory_membership',
    column: 'advisory',
    rows: 'advisory',
    dependents: [
      ['advisory_package', 'advisory'],
      ['advisory_reference', 'advisory'],
    ],
  },
  {
    table: 'module_membership',
    column: 'stream',
    rows: 'module_stream',
    dependents: [
      ['module_artifact', 'stream'],
      ['module_profile', 'stream'],
    ],
  },
];

/**
 * Removes intervals that no revision sees any more, then rows that no interval, no tree that stays and no sync that is under
 * way (`prepared`) names, and what `pack_rows` says of them. In the writer's thread, in short transactions. The newest row of
 * each table stays, so that numbers of rows are never used twice.
 */
export async function sweepRows(
  db: Sqlite,
  paths: DataPaths,
  job: SweepJob,
  prepared: Iterable<Prepared>,
): Promise<SweptRows[]> {
  const objects = createObjects(paths);
  const counts = new Map<string | null, number>();
  const count = (label: string | null, n: number) => {
    if (n > 0) counts.set(label, (counts.get(label) ?? 0) + n);
  };
  const sources = sourcesOf(db, job);
  const packs = await packsOf(db, objects, job);
  const dead = new Map<string, BitSet>();
  for (const { table, column, rows, dependents } of intervals) {
    const live = packs.live.get(rows) ?? new BitSet();
    // Rows of packages and of advisories are not told apart in what is prepared: one too many may stay.
    for (const { ids } of prepared) for (const id of ids) live.add(id);
    const unseen: [source: number, id: number, from: number][] = [];
    const all = db.prepare(`SELECT source, ${column}, from_revision, to_revision FROM ${table}`);
    for (const row of all.raw().iterate() as IterableIterator<Interval>) {
      const [source, id, from, to] = row;
      const { label, sees } = sources.get(source)!;
      if (sees(from, to)) live.add(id);
      else {
        unseen.push([source, id, from]);
        count(label, 1);
      }
    }
    const newest = db.prepare(`SELECT max(id) FROM ${rows}`).pluck().get() as number | null;
    const unnamed: number[] = [];
    for (const id of db.prepare(`SELECT id FROM ${rows}`).pluck().iterate() as Iterable<number>) {
      if (!live.has(id) && id !== newest) unnamed.push(id);
    }
    count(null, unnamed.length);
    dead.set(rows, new BitSet(unnamed));
    if (job.dryRun) continue;
    inBatches(
      db,
      unseen,
      `DELETE FROM ${table} WHERE source = ? AND ${column} = ? AND from_revision = ?`,
    );
    // What says which rows fragments have goes first: it must not name a row that is gone.
    forgetPackRows(db, packs.documentOf, rows, dead.get(rows)!);
    const ids = unnamed.map((id) => [id]);
    for (const [other, by] of dependents)
      inBatches(db, ids, `DELETE FROM ${other} WHERE ${by} = ?`);
    inBatches(db, ids, `DELETE FROM ${rows} WHERE id = ?`);
  }
  if (!job.dryRun) {
    const gone = [...sources].filter(([, { isGone }]) => isGone);
    inBatches(
      db,
      gone.map(([id]) => [id]),
      'DELETE FROM source WHERE id = ?',
    );
  }
  return [...counts].map(([label, n]) => ({ label, count: n }));
}

type Interval = [source: number, id: number, from: number, to: number | null];

function inBatches(db: Sqlite, rows: readonly number[][], sql: string): void {
  const statement = db.prepare(sql);
  for (let at = 0; at < rows.length; at += batch) {
    db.transaction(() => {
      for (const row of rows.slice(at, at + batch)) statement.run(...row);
    })();
  }
}

/** Each source of the catalogue, by its number there, and whether a revision that stays sees an interval. */
function sourcesOf(db: Sqlite, { numbers, known }: SweepJob) {
  const staying = new Map(numbers.map((n) => [n.label, n.numbers.toSorted((a, b) => a - b)]));
  const there = new Set(known);
  const rows = db.prepare('SELECT id, label FROM source').all() as { id: number; label: string }[];
  return new Map(
    rows.map(({ id, label }) => {
      const own = staying.get(label) ?? [];
      const decided = new Map<string, boolean>();
      const look = (from: number, to: number | null): boolean => {
        // What is open may belong to a sync that has not published yet.
        if (to === null && there.has(label)) return true;
        const first = own.find((number) => number >= from);
        return first !== undefined && (to === null || first < to);
      };
      const sees = (from: number, to: number | null): boolean => {
        const key = `${from} ${to}`;
        const before = decided.get(key) ?? look(from, to);
        decided.set(key, before);
        return before;
      };
      return [id, { label, sees, isGone: own.length === 0 && !there.has(label) }];
    }),
  );
}

/** The rows of what trees that stay hold, and which document a pack is of; undefined where the pack is gone. */
async function packsOf(db: Sqlite, objects: Objects, { trees }: SweepJob) {
  const packRows = createPackRows(db);
  const live = new Map<string, BitSet>();
  const documents = new Map<string, string | undefined>();
  for (const [rows, names] of [
    ['package', trees.primary],
    ['advisory', trees.updateinfo],
  ] as const) {
    const ids = new BitSet();
    live.set(rows, ids);
    for (const name of names) {
      for (const [pack, first, count] of (await readTree(objects, name)).runs) {
        documents.set(pack, rows);
        packRows.of(pack, first, count, ids);
      }
    }
  }
  const noted = db.prepare('SELECT DISTINCT lower(hex(pack)) FROM pack_rows').pluck().all();
  for (const pack of noted as string[]) {
    if (!documents.has(pack)) documents.set(pack, await rowsOf(objects, pack));
  }
  return { live, documentOf: (pack: string) => documents.get(pack) };
}

/** Which table the rows of a pack's fragments are in. */
async function rowsOf(objects: Objects, name: string): Promise<string | undefined> {
  try {
    return await withPacks(objects, async (open) => {
      const pack = await open(name);
      for await (const { bytes } of pack.fragments(0, 1)) {
        return bytes.includes('<package') ? 'package' : 'advisory';
      }
      return undefined;
    });
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** Takes rows that go out of the runs that name them, and forgets packs that are gone. */
function forgetPackRows(
  db: Sqlite,
  documentOf: (pack: string) => string | undefined,
  rows: string,
  dead: BitSet,
): void {
  const all = db.prepare('SELECT pack, first, count, row FROM pack_rows').raw().all() as [
    Buffer,
    number,
    number,
    number,
  ][];
  const remove = db.prepare('DELETE FROM pack_rows WHERE pack = ? AND first = ?');
  const insert = db.prepare('INSERT INTO pack_rows VALUES (?, ?, ?, ?)');
  for (let at = 0; at < all.length; at += batch) {
    db.transaction(() => {
      for (const [pack, first, count, row] of all.slice(at, at + batch)) {
        const document = documentOf(pack.toString('hex'));
        if (document !== undefined && document !== rows) continue;
        const left = document === undefined ? [] : liveRuns(first, count, row, dead);
        if (left.length === 1 && left[0]![1] === count) continue;
        remove.run(pack, first);
        for (const run of left) insert.run(pack, ...run);
      }
    })();
  }
}

/** The parts of a run whose rows stay. */
function liveRuns(first: number, count: number, row: number, dead: BitSet) {
  const runs: [first: number, count: number, row: number][] = [];
  let open: (typeof runs)[number] | undefined;
  for (let i = 0; i < count; i++) {
    if (dead.has(row + i)) open = undefined;
    else if (open) open[1]++;
    else {
      open = [first + i, 1, row + i];
      runs.push(open);
    }
  }
  return runs;
}
