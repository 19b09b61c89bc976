/** A source of chance that gives the same for the same seed. */
export interface Random {
  /** A whole number from 0 to below n. */
  below(n: number): number;
  pick<T>(list: readonly T[]): T;
  /** True once in n times. */
  oneIn(n: number): boolean;
}

/** Numbers by the SplitMix32 step. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  const below = (n: number): number => (n <= 0 ? 0 : next() % n);
  return { below, pick: (list) => list[below(list.length)]!, oneIn: (n) => below(n) === 0 };
}

/** The seed of one input: of the run's seed, the reader's name and the input's number. */
export function seedOf(seed: number, name: string, index: number): number {
  let mixed = (seed ^ 0x5bd1e995) >>> 0;
  for (const c of `${name}:${index}`) mixed = Math.imul(mixed ^ c.charCodeAt(0), 0x01000193) >>> 0;
  return mixed;
}
