import { expect, it } from 'vitest';
import { BitSet } from '../../src/base/bit-set.ts';
import { randomFrom } from '../support/random.ts';

it('behaves as a set of numbers does, and survives as bytes', () => {
  const random = randomFrom(7);
  const set = new BitSet();
  const model = new Set<number>();
  for (let i = 0; i < 5000; i++) {
    const n = Math.floor(random() * 70_000);
    if (random() < 0.3) {
      set.delete(n);
      model.delete(n);
    } else {
      set.add(n);
      model.add(n);
    }
  }
  const sorted = [...model].toSorted((a, b) => a - b);
  expect([...set]).toEqual(sorted);
  expect(set.size).toBe(model.size);
  const again = BitSet.from(set.bytes());
  expect([...again]).toEqual(sorted);
  expect(again.size).toBe(model.size);
  expect(again.has(70_001)).toBe(false);
  expect([...new BitSet()]).toEqual([]);
  expect(new BitSet().bytes()).toHaveLength(0);
});
