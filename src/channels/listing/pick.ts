import { firstFrom, type NameOrder } from './name-order.ts';

/** By name, architecture and version; or by when they were built, and then by these. */
export type SortBy = 'name' | 'time';

/** Where a package stands in a list: `evr` is its evr_key in hexadecimal digits. */
export interface Place {
  name: string;
  arch: string;
  evr: string;
  built: number;
}

export interface Wanted {
  sortBy: SortBy;
  descending: boolean;
  /** Part of a name; empty for all. */
  part: string;
  /** Only what comes after this. */
  after?: Pick<Place, 'name' | 'built'> | undefined;
}

/** What is looked through: packages in order, and which of them are there. */
export interface Slice {
  order: NameOrder;
  has(row: number): boolean;
}

/** Rows that are not told apart by their names, or their names and times. */
export interface Picked {
  name: string;
  built: number;
  rows: number[];
  /** One of the orders that have the name, and its number there. */
  order: NameOrder;
  number: number;
}

/**
 * Goes through what slices hold together, in order, from the name (and time) on that `after` has. Rows that several slices
 * have come once.
 */
export function* pick(slices: readonly Slice[], wanted: Wanted): Generator<Picked> {
  if (slices.length === 1) return yield* walk(slices[0]!, wanted);
  const walks = slices.map((slice) => walk(slice, wanted));
  const heads = walks.map((one) => one.next().value ?? undefined);
  const before = comparePlaces(wanted.sortBy, wanted.descending);
  for (;;) {
    let first: Picked | undefined;
    for (const head of heads) {
      if (head && (!first || before(head, first) < 0)) first = head;
    }
    if (!first) return;
    const rows = new Set<number>();
    for (const [i, head] of heads.entries()) {
      if (!head || before(head, first) !== 0) continue;
      for (const row of head.rows) rows.add(row);
      heads[i] = walks[i]!.next().value ?? undefined;
    }
    yield { ...first, rows: [...rows] };
  }
}

/** How lists are ordered, as far as names and times say. */
function comparePlaces(sortBy: SortBy, descending: boolean) {
  const sign = descending ? -1 : 1;
  type Head = Pick<Place, 'name' | 'built'>;
  return (a: Head, b: Head): number => {
    if (sortBy === 'time' && a.built !== b.built) return sign * (a.built - b.built);
    return a.name === b.name ? 0 : a.name < b.name ? -sign : sign;
  };
}

/** What one slice has, in order. */
function* walk(slice: Slice, wanted: Wanted): Generator<Picked, undefined> {
  const { order } = slice;
  const fits = wanted.part === '' ? undefined : order.holding(wanted.part);
  const { rows, built, nameAt } = order;
  const byTime = wanted.sortBy === 'time';
  const places = byTime ? order.byTime() : undefined;
  const [from, step] = begin(order, wanted);
  const isSame = (a: number, b: number) =>
    nameAt[a] === nameAt[b] && (!byTime || built[a] === built[b]);
  const isThere = (place: number) =>
    (!fits || fits[nameAt[place]!] === 1) && slice.has(rows[place]!);
  for (let i = from; i >= 0 && i < rows.length; i += step) {
    const place = places ? places[i]! : i;
    if (!isThere(place)) continue;
    const found = [rows[place]!];
    for (let next = i + step; next >= 0 && next < rows.length; next += step) {
      const other = places ? places[next]! : next;
      if (!isSame(place, other)) break;
      if (slice.has(rows[other]!)) found.push(rows[other]!);
      i = next;
    }
    const number = nameAt[place]!;
    const time = byTime ? built[place]! : 0;
    yield { name: order.name(number), built: time, rows: found, order, number };
  }
}

/** Where to begin, and which way to go. */
function begin(order: NameOrder, { sortBy, descending, after }: Wanted): [number, 1 | -1] {
  const { rows, built, nameAt } = order;
  const step = descending ? -1 : 1;
  if (!after) return [descending ? rows.length - 1 : 0, step];
  const number = order.numberOf(after.name);
  // The places before `end` are of names up to this one.
  const isThere = number < order.names && order.name(number) === after.name;
  const beyond = isThere ? number + 1 : number;
  if (sortBy === 'name') {
    return descending ? [order.placeOf(beyond) - 1, step] : [order.placeOf(number), step];
  }
  const places = order.byTime();
  const bound = descending ? beyond : number;
  const at = firstFrom(places.length, (i) => {
    const time = built[places[i]!]!;
    return time > after.built || (time === after.built && nameAt[places[i]!]! >= bound);
  });
  return [descending ? at - 1 : at, step];
}
