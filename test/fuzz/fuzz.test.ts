import { expect, it } from 'vitest';
import { fuzz } from '../../fuzz/fuzz.ts';
import { inputOf } from '../../fuzz/input.ts';
import { readers } from '../../fuzz/readers.ts';

it.each(Object.keys(readers))(
  'a few hundred inputs of %s are read or refused, in bounds and both ways alike',
  async (name) => {
    const result = await fuzz({ name, seed: 20_231_114, inputs: 250, timeLimit: 20_000 });
    expect(result.failures).toEqual([]);
    expect(result.inputs).toBe(250);
    // Some get through, some do not: otherwise the inputs are of no use.
    expect(result.refused).toBeGreaterThan(5);
    expect(result.refused).toBeLessThan(245);
  },
);

it('an input is the same whenever it is made', async () => {
  const reader = readers.primary!;
  const samples = await reader.samples();
  const make = (index: number) =>
    inputOf(reader, samples, { seed: 7, name: 'primary', index }).input;
  const inputs = Array.from({ length: 50 }, (_, i) => make(samples.length + i));
  expect(inputs.map((_, i) => make(samples.length + i))).toEqual(inputs);
  expect(new Set(inputs.map(String)).size).toBeGreaterThan(40);
});

it.each([
  ['time', { timeLimit: 0 }, /takes longer than 0 ms/],
  ['memory', { memoryLimit: 1 }, /bytes of memory are in use/],
])('a thread that takes too much %s is ended from outside', async (_, limit, says) => {
  const { failures, inputs } = await fuzz({ name: 'bzip2', seed: 1, inputs: 2, ...limit });
  expect(inputs).toBe(2);
  expect(failures[0]!.index).toBe(0);
  for (const { error } of failures) expect(error).toMatch(says);
});
