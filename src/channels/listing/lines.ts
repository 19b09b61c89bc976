import type { Facts } from '../../store/catalogue/facts.ts';
import type { Build, PackageLine } from '../../store/catalogue/facts-listing.ts';
import { keyOf, type PackageKey } from '../../store/catalogue/package-key.ts';
import { idOfFields } from '../content/listed.ts';
import type { NameOrder } from './name-order.ts';
import { type Picked, type Place, pick, type Slice, type Wanted } from './pick.ts';

/** A package of a list: several rows are several files of one name, or of several sources. */
export interface Listed {
  id: string;
  line: PackageLine;
  /** When it was built, as the list is ordered by it. */
  built: number;
  rows: number[];
}

export interface PageWanted extends Omit<Wanted, 'after'> {
  limit: number;
  /** The last package of the page before. */
  after?: Place | undefined;
}

export interface ListPage {
  items: Listed[];
  /** Where the next page goes on; undefined where there is none. */
  next: Place | undefined;
}

/** One page of what slices hold together. What came since the page before is on this one where it stands after that. */
export function pageOf(facts: Facts, slices: readonly Slice[], wanted: PageWanted): ListPage {
  const compare = comparer(wanted);
  const found: Unread[] = [];
  const byTime = wanted.sortBy === 'time';
  const elsewhere = byTime ? createElsewhere(facts, slices, wanted.descending) : undefined;
  // Where there is one of a name, nothing more need be known of it to say where it stands.
  const isClear = ({ rows, name }: Picked) => rows.length === 1 && name !== wanted.after?.name;
  let lines = new Map<number, PackageLine>();
  for (const some of inBatches(pick(slices, wanted), wanted.limit + 1)) {
    const unclear = some.filter((picked) => !elsewhere?.has(picked) && !isClear(picked));
    lines = facts.listing.lines(unclear.flatMap((picked) => picked.rows));
    for (const picked of some) {
      const { name, built, rows } = picked;
      if (elsewhere?.has(picked)) take(elsewhere.firstOf(picked));
      else if (isClear(picked)) found.push({ name, built, rows, arch: '', evr: '' });
      else take(byKey(picked, buildsOf(picked, lines)));
    }
    if (found.length > wanted.limit) break;
  }
  const shown = found.slice(0, wanted.limit);
  const unread = shown.flatMap(({ rows: [row] }) => (lines.has(row!) ? [] : row!));
  for (const [row, line] of facts.listing.lines(unread)) lines.set(row, line);
  const items = shown.flatMap(({ built, rows }): Listed[] => {
    const line = lines.get(rows[0]!);
    return line ? [{ line, id: idOfFields(line), built: byTime ? built : line.built, rows }] : [];
  });
  const last = found.length > wanted.limit ? items.at(-1) : undefined;
  return { items, next: last && placeOf(last) };

  function take(listed: Unread[]): void {
    for (const one of listed.sort(compare)) {
      if (!wanted.after || compare(one, wanted.after) > 0) found.push(one);
    }
  }
}

const placeOf = ({ line: { name, arch, evr }, built }: Listed): Place => ({
  ...{ name, arch, evr, built },
});

/** A package of which nothing was read yet but where it stands, or not even that. */
type Unread = Place & { rows: number[] };

/** Some at a time, of so many rows or a few more. */
function* inBatches(all: Iterable<Picked>, rows: number): Generator<Picked[]> {
  let some: Picked[] = [];
  let count = 0;
  for (const one of all) {
    some.push(one);
    count += one.rows.length;
    if (count < rows) continue;
    yield some;
    [some, count] = [[], 0];
  }
  if (some.length > 0) yield some;
}

const buildsOf = ({ rows }: Picked, lines: ReadonlyMap<number, PackageLine>): Build[] =>
  rows.flatMap((row) => {
    const line = lines.get(row);
    return line ? { row, arch: line.arch, evr: line.evr, key: keyOf(line) } : [];
  });

/** Rows that are called the same are one package: the first of them stands for all. */
function byKey({ name, built }: Picked, builds: readonly Build[]): Unread[] {
  const found = new Map<PackageKey, Unread>();
  for (const { row, key, arch, evr } of builds) {
    const same = found.get(key);
    if (same) same.rows.push(row);
    else found.set(key, { name, arch, evr, built, rows: [row] });
  }
  for (const { rows } of found.values()) rows.sort((a, b) => a - b);
  return [...found.values()];
}

/**
 * For lists by time: what is called the same may have been built at several times. It is one package all the same, and has its
 * place where it is met first: by its latest time where these come first, else by its earliest.
 */
function createElsewhere(facts: Facts, slices: readonly Slice[], descending: boolean) {
  const mixed = new Map<string, boolean>();
  const known = new Map<string, Unread[]>();

  function packagesOf(picked: Picked): Unread[] {
    const times = timesOf(slices, picked);
    const builds = facts.listing.builds(picked.name).filter(({ row }) => times.has(row));
    return byKey(picked, builds).map((one) => {
      const own = one.rows.map((row) => times.get(row)!);
      return { ...one, built: own.reduce((a, b) => (isEarlier(a, b) ? a : b)) };
    });
  }

  const isEarlier = (a: number, b: number) => (descending ? a > b : a < b);

  return {
    /** Whether there are more of that name. */
    has(picked: Picked): boolean {
      let found = mixed.get(picked.name);
      if (found === undefined) {
        found = hasOtherTimes(slices, picked);
        mixed.set(picked.name, found);
      }
      return found;
    },

    firstOf(picked: Picked): Unread[] {
      let found = known.get(picked.name);
      if (!found) {
        found = packagesOf(picked);
        known.set(picked.name, found);
      }
      return found.filter((one) => one.built === picked.built);
    },
  };
}

/** From where to where an order has packages of that name. */
function placesOf(order: NameOrder, { name, order: own, number: known }: Picked): [number, number] {
  const number = own === order ? known : order.numberOf(name);
  if (number === order.names || order.name(number) !== name) return [0, 0];
  return [order.placeOf(number), order.placeOf(number + 1)];
}

/** When each of the packages of a name that slices have was built. */
function timesOf(slices: readonly Slice[], picked: Picked): Map<number, number> {
  const times = new Map<number, number>();
  for (const { order, has } of slices) {
    const [from, to] = placesOf(order, picked);
    for (let place = from; place < to; place++) {
      const row = order.rows[place]!;
      if (has(row)) times.set(row, order.built[place]!);
    }
  }
  return times;
}

/** Whether slices have packages of that name that were built at another time. */
function hasOtherTimes(slices: readonly Slice[], picked: Picked): boolean {
  return slices.some(({ order, has }) => {
    const [from, to] = placesOf(order, picked);
    for (let place = from; place < to; place++) {
      if (order.built[place] !== picked.built && has(order.rows[place]!)) return true;
    }
    return false;
  });
}

function comparer({ sortBy, descending }: Pick<Wanted, 'sortBy' | 'descending'>) {
  const sign = descending ? -1 : 1;
  const text = (a: string, b: string) => (a === b ? 0 : a < b ? -sign : sign);
  return (a: Place, b: Place): number =>
    (sortBy === 'time' ? sign * (a.built - b.built) : 0) ||
    text(a.name, b.name) ||
    text(a.arch, b.arch) ||
    text(a.evr, b.evr);
}
