import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { createPackWriter, openPack, type PackReader } from '../../src/store/objects/pack.ts';

interface Fragment {
  bytes: Buffer;
  boundary: number;
}

const text = (n: number) => Buffer.from(`<package pkgid="${n}"><name>p${n}</name></package>`);
const many = (count: number): Fragment[] =>
  Array.from({ length: count }, (_, i) => ({ bytes: text(i), boundary: (i * 2654435761) >>> 0 }));

async function written(fragments: Fragment[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const writer = createPackWriter(async (bytes) => void chunks.push(Buffer.from(bytes)));
  for (const { bytes, boundary } of fragments) {
    writer.add(bytes, hash('sha256', bytes), boundary);
  }
  expect(writer.count).toBe(fragments.length);
  await writer.end();
  return Buffer.concat(chunks);
}

/** Opens a pack in memory and counts what it reads of it. */
async function opened(pack: Buffer): Promise<{ reader: PackReader; reads: number[] }> {
  const reads: number[] = [];
  const reader = await openPack(pack.length, async (start, length) => {
    reads.push(length);
    const part = pack.subarray(start, start + length);
    if (part.length < length) throw new AppError('invalid', 'cut short');
    return part;
  });
  return { reader, reads };
}

async function all(
  reader: PackReader,
  first = 0,
  count = reader.count,
  wanted?: (i: number) => boolean,
) {
  const found: [number, string][] = [];
  for await (const { index, bytes } of reader.fragments(first, count, wanted)) {
    found.push([index, bytes.toString('latin1')]);
  }
  return found;
}

const fragment = fc.record({
  bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }).map((b) => Buffer.from(b)),
  boundary: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffffffff })),
});

it('gives back what was put in: in order, in any part, and only what is wanted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fragment, { minLength: 1, maxLength: 120 }),
      fc.nat(),
      fc.nat(),
      fc.func(fc.boolean()),
      async (fragments, a, b, wanted) => {
        const { reader } = await opened(await written(fragments));
        expect(reader.count).toBe(fragments.length);
        expect(fragments.map((_, i) => reader.name(i))).toEqual(
          fragments.map(({ bytes }) => hash('sha256', bytes)),
        );
        const first = a % fragments.length;
        const count = 1 + (b % (fragments.length - first));
        const expected = fragments
          .map(({ bytes }, i): [number, string] => [i, bytes.toString('latin1')])
          .slice(first, first + count)
          .filter(([i]) => wanted(i));
        expect(await all(reader, first, count, (i) => wanted(i))).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  );
});

it('groups 16 to 256 fragments, at content, and reads only the groups it needs', async () => {
  const whole = (boundary: number) => many(1000).map((f) => ({ ...f, boundary }));
  const groupsRead = async (fragments: Fragment[]) => {
    const { reader, reads } = await opened(await written(fragments));
    reads.length = 0;
    await all(reader);
    return reads.length;
  };
  expect(await groupsRead(whole(0))).toBe(Math.ceil(1000 / 16));
  expect(await groupsRead(whole(1))).toBe(Math.ceil(1000 / 256));
  const { reader, reads } = await opened(await written(whole(0)));
  reads.length = 0;
  expect(await all(reader, 0, 1000, (i) => i === 500)).toEqual([[500, text(500).toString()]]);
  expect(reads).toHaveLength(1);
  // The same neighbours fall into the same groups, wherever they begin.
  const sizes = async (fragments: Fragment[]) => {
    const { reader: r, reads: sizesRead } = await opened(await written(fragments));
    sizesRead.length = 0;
    await all(r);
    return sizesRead;
  };
  const [full, shifted] = await Promise.all([sizes(many(3000)), sizes(many(3000).slice(40))]);
  expect(shifted.slice(-10)).toEqual(full.slice(-10));
});

it('keeps a group below 4 MB, and a larger fragment by itself', async () => {
  const big = Buffer.alloc(3 * 1024 * 1024, 'x');
  const huge = Buffer.alloc(9 * 1024 * 1024, 'y');
  const fragments = [big, big, huge, big].map((bytes) => ({ bytes, boundary: 1 }));
  const { reader, reads } = await opened(await written(fragments));
  reads.length = 0;
  const found = await all(reader);
  expect(found.map(([, s]) => s.length)).toEqual(fragments.map((f) => f.bytes.length));
  expect(reads).toHaveLength(4);
});

it('tells of damage as an AppError, wherever it is, and gives no wrong bytes', async () => {
  const fragments = many(40);
  const pack = await written(fragments);
  const expected = await all((await opened(pack)).reader);
  const names = fragments.map((f) => hash('sha256', f.bytes));
  const damages = [
    ...Array.from({ length: pack.length }, (_, at) => {
      const copy = Buffer.from(pack);
      copy[at]! ^= 1 << (at % 8);
      return copy;
    }),
    ...Array.from({ length: 50 }, (_, i) => pack.subarray(0, (i * pack.length) / 50)),
  ];
  let unnoticed = 0;
  for (const damaged of damages) {
    try {
      const { reader } = await opened(damaged);
      expect(await all(reader)).toEqual(expected);
      expect(names).toEqual(names.map((_, i) => reader.name(i)));
      unnoticed++;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      expect(error.kind).toBe('invalid');
    }
  }
  // In the mark at the head, and in bits of frame headers that do not change what a frame opens to.
  expect(unnoticed).toBeLessThan(20);
});
