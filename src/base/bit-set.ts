/** A set of small whole numbers, a bit for each: rows of a table by the ten thousand in a few kilobytes. */
export class BitSet {
  #words: Uint32Array;
  #size = 0;

  constructor(numbers: Iterable<number> = []) {
    this.#words = new Uint32Array(64);
    for (const n of numbers) this.add(n);
  }

  /** The set that `bytes` gave. */
  static from(bytes: Uint8Array): BitSet {
    const set = new BitSet();
    set.#words = new Uint32Array(Math.ceil(bytes.length / 4));
    new Uint8Array(set.#words.buffer).set(bytes);
    for (const word of set.#words) set.#size += ones(word);
    return set;
  }

  get size(): number {
    return this.#size;
  }

  has(n: number): boolean {
    return ((this.#words[n >>> 5] ?? 0) & (1 << (n & 31))) !== 0;
  }

  add(n: number): void {
    const at = n >>> 5;
    if (at >= this.#words.length) {
      const larger = new Uint32Array(Math.max(at + 1, this.#words.length * 2));
      larger.set(this.#words);
      this.#words = larger;
    }
    if (this.has(n)) return;
    this.#words[at]! |= 1 << (n & 31);
    this.#size++;
  }

  delete(n: number): void {
    if (!this.has(n)) return;
    this.#words[n >>> 5]! &= ~(1 << (n & 31));
    this.#size--;
  }

  /** In ascending order. */
  *[Symbol.iterator](): Generator<number> {
    for (const [at, word] of this.#words.entries()) {
      for (let rest = word; rest !== 0; rest &= rest - 1)
        yield at * 32 + 31 - Math.clz32(rest & -rest);
    }
  }

  /** The bits, the lowest number first, without the empty end. */
  bytes(): Uint8Array {
    const all = new Uint8Array(this.#words.buffer);
    return all.slice(0, all.findLastIndex((byte) => byte !== 0) + 1);
  }
}

function ones(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
