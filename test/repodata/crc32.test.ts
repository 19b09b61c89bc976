import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { combineCrc32 } from '../../src/repodata/crc32.ts';

it('Combines CRCs of parts into that of the whole', () => {
  for (const [a, b] of [
    [0, 0],
    [0, 5],
    [5, 0],
    [1, 1],
    [1000, 3],
    [3, 70_000],
    [100_000, 1_234_567],
  ] as const) {
    const [first, second] = [randomBytes(a), randomBytes(b)];
    expect(combineCrc32(crc32(first), crc32(second), b)).toBe(
      crc32(Buffer.concat([first, second])),
    );
  }
});

it('Combines CRCs over lengths of more than 32 bits', () => {
  const block = Buffer.alloc(1024, 'x');
  let [crc, length] = [crc32(block), block.length];
  // Doubled 23 times it is 8 GiB of the same block; the same is reached by other steps.
  for (let i = 0; i < 23; i++) {
    crc = combineCrc32(crc, crc, length);
    length *= 2;
  }
  const half = [...Array(22)].reduce<[number, number]>(
    ([c, l]) => [combineCrc32(c, c, l), l * 2],
    [crc32(block), block.length],
  );
  const quarter = [...Array(21)].reduce<[number, number]>(
    ([c, l]) => [combineCrc32(c, c, l), l * 2],
    [crc32(block), block.length],
  );
  const threeQuarters = combineCrc32(quarter[0], half[0], half[1]);
  expect(combineCrc32(quarter[0], threeQuarters, quarter[1] + half[1])).toBe(crc);
});
