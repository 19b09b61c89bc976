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
  const byName = new Map<string, number[]>();
  const times = new Map<number, number>();
  facts.listing.names(sorted, (row, name, time) => {
    const same = byName.get(name);
    if (same) same.push(row);
    else byName.set(name, [row]);
    times.set(row, time);
  });
  const all = [...byName.keys()].sort();
  const rows = new Uint32Array(times.size);
  const built = new Uint32Array(times.size);
  const nameAt = new Uint32Array(times.size);
  const places = new Uint32Array(all.length + 1);
  const starts = new Uint32Array(all.length + 1);
  let place = 0;
  let length = 0;
  for (const [number, name] of all.entries()) {
    places[number] = place;
    starts[number] = length;
    length += name.length + 1;
    for (const row of byName.get(name)!) {
      rows[place] = row;
      built[place] = times.get(row)!;
      nameAt[place++] = number;
    }
  }
  places[all.length] = place;
  starts[all.length] = length;
  // One text: so many small ones take five times the memory, and longer to be looked through.
  const text = `${all.join('\n')}\n`;
  const folded = foldCase(text);
  const name = (number: number) => text.slice(starts[number], starts[number + 1]! - 1);
  let order: Uint32Array | undefined;

  return {
    rows,
    built,
    nameAt,
    names: all.length,
    name,
    placeOf: (number) => places[number]!,
    numberOf: (wanted) => firstFrom(all.length, (number) => name(number) >= wanted),

    byTime() {
      order ??= Uint32Array.from(rows.keys()).sort((a, b) => built[a]! - built[b]! || a - b);
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
