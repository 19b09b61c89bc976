import { createRandom, type Random, seedOf } from './random.ts';
import type { Reader } from './readers.ts';

const longest = 256 * 1024;

/** The input of that number: the same for the same seed. The first ones are the samples as they are. */
export function inputOf(
  reader: Reader,
  samples: Buffer[],
  { seed, name, index }: { seed: number; name: string; index: number },
): { input: Buffer; random: Random } {
  const random = createRandom(seedOf(seed, name, index));
  let input = samples[index];
  if (input) return { input, random };
  input = random.pick(samples);
  for (let n = random.pick([1, 1, 2, 3]); n > 0; n--) input = reader.mutate(input, random);
  return { input: input.subarray(0, longest), random };
}
