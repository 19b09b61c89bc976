import { LRUCache } from 'lru-cache';
import { checksumOf } from '../../base/digest.ts';
import type { Sqlite } from '../sqlite.ts';
import type { PackageFile } from './catalogue.ts';
import { keyOf, type PackageKey, wholeKey } from './package-key.ts';

/** Keys and, where they were asked for, evr_keys of the rows from a multiple of `chunkRows` on. */
interface Chunk {
  keys: PackageKey[];
  evrs: string[] | undefined;
}

/** What packages of a revision are called. */
export interface PackageNames {
  /** Of a row that is there. */
  key(row: number): PackageKey;
  /** Its evr_key in hexadecimal digits, which sort as rpm sorts versions. Reads them when first asked. */
  evr(row: number): string;
}

/** Everything that the catalogue says of a package, but for its summary. */
export interface PackageDetails {
  row: number;
  key: PackageKey;
  evr: string;
  file: PackageFile;
  /** xml:base of its location. */
  base: string | undefined;
}

const chunkBits = 10;
const chunkRows = 1 << chunkBits;
/** Of so many rows the names are kept: about 100 bytes each. */
const kept = 600 * chunkRows;

/** Reads what packages are called, a chunk of rows at a time. */
export function createPackageFacts(db: Sqlite) {
  const keys = db
    .prepare(`
    SELECT name || char(10) || arch || char(10) || epoch || char(10) || version || char(10) || release
    FROM package WHERE id BETWEEN ? AND ? ORDER BY id`)
    .pluck();
  const evrs = db
    .prepare('SELECT hex(evr_key) FROM package WHERE id BETWEEN ? AND ? ORDER BY id')
    .pluck();
  const ids = db.prepare('SELECT id FROM package WHERE id BETWEEN ? AND ? ORDER BY id').pluck();
  const one = db.prepare('SELECT name, arch, epoch, version, release FROM package WHERE id = ?');
  const byName = db.prepare(
    'SELECT id AS row, name, arch, epoch, version, release FROM package WHERE name = ?',
  );
  const details = db
    .prepare(`
    SELECT id, hex(evr_key), location, base, checksum_type, hex(checksum), package_size
    FROM package WHERE id BETWEEN ? AND ?`)
    .raw();
  const chunks = new LRUCache<number, Chunk>({ max: kept / chunkRows });

  /** A column of the rows of chunks from `first` to `last`, by chunk. */
  const read = db.transaction((query: typeof keys, first: number, last: number): string[][] => {
    const found: string[][] = Array.from({ length: last - first + 1 }, () => []);
    const [from, to] = [first << chunkBits, ((last + 1) << chunkBits) - 1];
    const values = query.all(from, to) as string[];
    // Mostly no number is missing, and then it need not be read.
    const isWhole = values.length === to - from + 1;
    const rows = isWhole ? undefined : (ids.all(from, to) as number[]);
    for (const [i, value] of values.entries()) {
      const row = rows ? rows[i]! : from + i;
      found[(row >> chunkBits) - first]![row & (chunkRows - 1)] = value;
    }
    return found;
  });

  function readKeys(first: number, last: number): void {
    for (const [i, list] of read(keys, first, last).entries()) {
      list.forEach((key, at) => {
        if (wholeKey(key)) return;
        // A field holds the mark that stands between fields.
        const row = one.get(((first + i) << chunkBits) + at);
        list[at] = keyOf(row as Parameters<typeof keyOf>[0]);
      });
      chunks.set(first + i, { keys: list, evrs: undefined });
    }
  }

  /** The names of these rows. */
  function names(rows: Iterable<number>): PackageNames {
    const needed: Chunk[] = [];
    const wanted = new Set<number>();
    for (const row of rows) wanted.add(row >> chunkBits);
    const missing = [...wanted].filter((n) => !chunks.has(n)).sort((a, b) => a - b);
    for (let i = 0; i < missing.length; ) {
      let end = i;
      while (end - i < 64 && missing[end + 1] === missing[end]! + 1) end++;
      readKeys(missing[i]!, missing[end]!);
      // Held at once: a revision may have more rows than are kept.
      for (const n of missing.slice(i, end + 1)) needed[n] = chunks.get(n)!;
      i = end + 1;
    }
    for (const n of wanted) needed[n] ??= chunks.get(n)!;
    return {
      key: (row) => needed[row >> chunkBits]!.keys[row & (chunkRows - 1)]!,
      evr(row) {
        const n = row >> chunkBits;
        const chunk = needed[n]!;
        chunk.evrs ??= read(evrs, n, n)[0]!;
        return chunk.evrs[row & (chunkRows - 1)]!;
      },
    };
  }

  /** All that is known of these rows, in ascending order. */
  function* list(rows: Iterable<number>): Generator<PackageDetails> {
    const sorted = Uint32Array.from(rows).sort();
    for (let i = 0; i < sorted.length; ) {
      const n = sorted[i]! >> chunkBits;
      let end = i;
      while (end < sorted.length && sorted[end]! >> chunkBits === n) end++;
      const wanted = new Set(sorted.subarray(i, end));
      const { key } = names(wanted);
      for (const found of details.all(n << chunkBits, ((n + 1) << chunkBits) - 1)) {
        const [row, evr, location, base, type, checksum, size] = found as DetailsRow;
        if (!wanted.has(row)) continue;
        const own = key(row);
        const name = own.slice(0, own.indexOf('\n'));
        const file = { location, checksum: checksumOf(type, checksum)!, size, name };
        yield { row, key: own, evr, file, base: base ?? undefined };
      }
      i = end;
    }
  }

  /** All packages of these names, of whichever revisions. */
  function* named(all: Iterable<string>): Generator<{ row: number; key: PackageKey }> {
    for (const name of all) {
      const rows = byName.all(name) as ({ row: number } & Parameters<typeof keyOf>[0])[];
      for (const { row, ...fields } of rows) yield { row, key: keyOf(fields) };
    }
  }

  return { names, list, named };
}

type DetailsRow = [number, string, string, string | null, string, string, number];
