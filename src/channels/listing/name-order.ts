import type { Facts } from '../../store/catalogue/facts.ts';

/** The packages of one document of primary, in the order of their names, and what finds them by a part of these. */
export interface NameOrder {
  /** Rows by name; those of one name by their numbers. */
  rows: Uint32Array;
  /** By place: seconds since 1970 at which it was built. */
  built: Uint32Array;
  /** By place: the number of its name. */
  nameAt: Uint32Array;
  /** How many different names there are. */
  names: number;
  /** The name of a number; numbers ascend as names do. */
  name(number: number): string;
  /** The first place of a name's packages; of the number `names` the end. */
  placeOf(number: number): number;
  /** The number of the first name that is not before this one. */
  numberOf(name: string): number;
  /** Places by when they were built; made when it is first asked for. */
  byTime(): Uint32Array;
  /** A 1 for the number of each name that holds the text, in whichever case of A to Z. */
  holding(text: string): Uint8Array;
}

/** Puts rows, which ascend, in the order of their names. */
export function createNameOrder(facts: Facts, sorted: Uint32Array): NameOrder {
  const { rows, built, nameAt, places, starts, text } = read(facts, sorted);
  const folded = foldCase(text);
  const name = (number: number) => text.slice(starts[number], starts[number + 1]! - 1);
  let order: Uint32Array | undefined;

  return {
    rows,
    built,
    nameAt,
    names: starts.length - 1,
    name,
    placeOf: (number) => places[number]!,
    numberOf: (wanted) => firstFrom(starts.length - 1, (number) => name(number) >= wanted),

    byTime() {
      order ??= orderOf(built);
      return order;
    },

    holding(part) {
      const wanted = foldCase(part);
      const found = new Uint8Array(starts.length - 1);
      if (wanted === '') return found.fill(1);
      // No name holds a line end, and this would be found where two meet.
      if (wanted.includes('\n')) return found;
      let number = 0;
      for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, at)) {
        while (starts[number + 1]! <= at) number++;
        found[number] = 1;
        at = starts[number + 1]!;
      }
      return found;
    },
  };
}

/** In a function of its own: what the order's functions could see would be kept as long as these. */
function read(facts: Facts, sorted: Uint32Array) {
  const all: string[] = [];
  const ids: number[] = [];
  const times: number[] = [];
  facts.listing.names(sorted, (row, name, time) => {
    ids.push(row);
    all.push(name);
    times.push(time);
  });
  // An array: upstreams mostly list them by name already, and only arrays are sorted quicker for that.
  const inOrder = [...all.keys()].sort((a, b) =>
    all[a]! < all[b]! ? -1 : all[a]! > all[b]! ? 1 : a - b,
  );
  const nameAt = new Uint32Array(inOrder.length);
  const names: string[] = [];
  const firsts: number[] = [];
  for (const [place, i] of inOrder.entries()) {
    if (place === 0 || names.at(-1) !== all[i]) {
      names.push(all[i]!);
      firsts.push(place);
    }
    nameAt[place] = names.length - 1;
  }
  const starts = new Uint32Array(names.length + 1);
  for (const [number, name] of names.entries()) {
    starts[number + 1] = starts[number]! + name.length + 1;
  }
  return {
    rows: Uint32Array.from(inOrder, (i) => ids[i]!),
    built: Uint32Array.from(inOrder, (i) => times[i]!),
    nameAt,
    places: Uint32Array.from([...firsts, inOrder.length]),
    starts,
    // One text: so many small ones take five times the memory, and longer to be looked through.
    text: `${names.join('\n')}\n`,
  };
}

/** More than there may be packages (limits.packages). */
const mostPlaces = 2 ** 21;

/** Places by time, and by place where that is the same: numbers sort ten times as fast as what has to be compared. */
function orderOf(built: Uint32Array): Uint32Array {
  const both = Float64Array.from(built, (time, place) => time * mostPlaces + place).sort();
  return Uint32Array.from(both, (one) => one % mostPlaces);
}

/** The least number below `count` of which this is so, if it is so of all after it; `count` if of none. */
export function firstFrom(count: number, isSo: (number: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSo(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Of other letters than these the small one may have another length, and then nothing would be found where it is. */
const foldCase = (text: string): string => text.replace(/[A-Z]+/g, (some) => some.toLowerCase());
