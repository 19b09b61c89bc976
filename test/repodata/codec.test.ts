import { spawnSync } from 'node:child_process';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { detectCodec, openDocument } from '../../src/repodata/codec.ts';

const enough = { bytes: 1 << 28, ratio: 1000 };
const base64 = (text: string) => Buffer.from(text, 'base64');

/** Yields the bytes in chunks of these sizes, over and over. */
async function* inChunks(bytes: Uint8Array, sizes: number[]) {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function open(bytes: Uint8Array, sizes = [65_536], bounds = enough): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const c of openDocument(inChunks(bytes, sizes), 'primary', bounds))
    chunks.push(Buffer.from(c));
  return Buffer.concat(chunks);
}

/** What opening comes to: the opened bytes, or the kind of the AppError. */
const outcome = (...args: Parameters<typeof open>): Promise<Buffer | string> =>
  open(...args).catch((error) => {
    if (error instanceof AppError) return error.kind;
    throw error;
  });

/** 246 bytes: `<metadata>`, eight packages, `</metadata>` and a line end. */
const packages = Array.from({ length: 8 }, (_, i) => `<package id="${i}">é</package>`);
const small = Buffer.from(`<metadata>${packages.join('')}</metadata>\n`);
const samples = {
  gzip: gzipSync(small),
  bzip2: base64(
    'QlpoOTFBWSZTWSCkoScAABnZlAAQUAD/hy6qRAAAIAgAIABoJSQAx6iaGjTBVU0GgAAZCoBIBbb8PhFSYEBCwCwA6ApNzmbQCyYQSCKISEEgmpD0TCe1BAVs3w1H4u5IpwoSBBSUJOA=',
  ),
  xz: base64(
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AD1AD1dAB4bSKd3ZAxBW8+c2M2SzkWa47BsBqUJ4XXcUl2Agoww9WQ67iqFZYznLE9Q0SYQWxRH0y39ukuDMz24AAAAAAAApe+foeqi3SUAAVn2AQAAAHpPHJexxGf7AgAAAAAEWVo=',
  ),
  zstd: zstdCompressSync(small, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
};
/** createrepo_c's xz: CRC32 instead of CRC64. */
const xzCrc32 = base64(
  '/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4AD1AD1dAB4bSKd3ZAxBW8+c2M2SzkWa47BsBqUJ4XXcUl2Agoww9WQ67iqFZYznLE9Q0SYQWxRH0y39ukuDMz24AAAAAAAA5Qh/fwABVfYBAAAAAY/e4D4wDYsCAAAAAAFZWg==',
);
const compressed = Object.entries(samples);

/** Two megabytes that compress to half of that, and much of it again. */
const random = fc.sample(fc.uint8Array({ minLength: 1 << 19, maxLength: 1 << 19 }), 1)[0]!;
const big = Buffer.from(`<metadata>${Buffer.from(random).toString('hex').repeat(2)}</metadata>`);
const tools = [
  ['gzip', 'gzip', '-1'],
  ['bzip2', 'bzip2', '-1'],
  ['bzip2', 'bzip2', '-9'],
  ['xz', 'xz', '-6'],
  ['xz', 'xz', '--block-size=100000'],
  ['zstd', 'zstd', '-3'],
  ['zstd', 'zstd', '--long=27'],
].map(([codec, tool, option]) => {
  const { stdout, status } = spawnSync(tool!, [option!, '-c'], { input: big, maxBuffer: 1 << 26 });
  return { codec, tool, option, bytes: status === 0 ? stdout : undefined };
});

describe('opening a document', () => {
  it.each([...compressed, ['plain', small], ['xz', xzCrc32]] as const)(
    'gives the same bytes wherever the chunks end: %s',
    async (codec, bytes) => {
      expect(detectCodec(bytes)).toBe(codec);
      expect(await open(bytes, [1])).toEqual(small);
      const size = fc.integer({ min: 0, max: 50 });
      const sizes = fc.tuple(fc.integer({ min: 1, max: 50 }), size, size);
      await fc.assert(
        fc.asyncProperty(sizes, async (s) => {
          expect(await open(bytes, s)).toEqual(small);
        }),
      );
    },
  );

  it.each(compressed)('reads many in a row as one: %s', async (_, bytes) => {
    const all = Buffer.concat(Array(20).fill(bytes));
    const expected = Buffer.concat(Array(20).fill(small));
    expect(await open(all)).toEqual(expected);
    expect(await open(all, [bytes.length])).toEqual(expected);
    expect(await open(all, [7])).toEqual(expected);
  });

  it.each(tools)('reads what $tool $option writes', async ({ codec, bytes, tool }) => {
    if (!bytes) return expect(spawnSync(tool!, ['--version']).error).toBeDefined();
    expect(detectCodec(bytes)).toBe(codec);
    expect((await open(bytes)).equals(big)).toBe(true);
    expect((await open(Buffer.concat([bytes, bytes]), [10_007])).length).toBe(2 * big.length);
  });

  it('passes over the skippable frames of zstd', async () => {
    const skippable = Buffer.from('5e2a4d1803000000aabbcc', 'hex');
    const empty = Buffer.from('502a4d1800000000', 'hex');
    const all = Buffer.concat([samples.zstd, skippable, empty, samples.zstd, skippable]);
    for (const sizes of [[65_536], [1], [5]]) {
      expect(await open(all, sizes)).toEqual(Buffer.concat([small, small]));
    }
    expect(await outcome(all.subarray(0, -1))).toBe('invalid');
  });

  it.each([
    ['no size', 0x04, '58'],
    ['a size of 4 bytes', 0xa4, 'f6000000'],
    ['a size of 8 bytes', 0xe4, 'f600000000000000'],
    ['a dictionary that is none', 0x27, '00000000f6'],
  ])('reads a zstd frame whose header gives %s', async (_, flags, header) => {
    const [magic, blocks] = [samples.zstd.subarray(0, 4), samples.zstd.subarray(6)];
    expect(samples.zstd[4]).toBe(0x24);
    const frame = Buffer.concat([magic, Buffer.from([flags]), Buffer.from(header, 'hex'), blocks]);
    expect(await open(Buffer.concat([frame, frame]))).toEqual(Buffer.concat([small, small]));
  });

  it('reads an empty document', async () => {
    expect(await open(Buffer.alloc(0))).toEqual(Buffer.alloc(0));
    expect(await open(gzipSync(''))).toEqual(Buffer.alloc(0));
    expect(await open(zstdCompressSync(''))).toEqual(Buffer.alloc(0));
    expect(await open(base64('QlpoORdyRThQkAAAAAA='))).toEqual(Buffer.alloc(0));
  });

  it.each(compressed)('refuses what is cut short: %s', async (codec, bytes) => {
    const magic = { gzip: 2, bzip2: 3, xz: 6, zstd: 4 }[codec]!;
    for (let length = magic; length < bytes.length; length++) {
      expect(await outcome(bytes.subarray(0, length)), `${length} bytes`).toBe('invalid');
      expect(await outcome(Buffer.concat([bytes, bytes.subarray(0, length)]))).toBe('invalid');
    }
  });

  it.each(compressed)('never takes damaged bytes for good ones: %s', async (codec, bytes) => {
    const magic = { gzip: 2, bzip2: 3, xz: 6, zstd: 4 }[codec]!;
    let refused = 0;
    for (let at = magic; at < bytes.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= 1 << bit;
        const result = await outcome(damaged);
        if (typeof result === 'string') refused++;
        if (result !== 'invalid') expect(result, `byte ${at}, bit ${bit}`).toEqual(small);
      }
    }
    expect(refused).toBeGreaterThan((bytes.length - magic) * 7);
  });

  it.each(compressed)('refuses garbage after the end: %s', async (_, bytes) => {
    for (const garbage of [
      'x',
      '<a/>',
      'garbage that is longer than a header',
      '\u0001\0\0\0',
      '\0',
      '\0\0x',
    ]) {
      for (const sizes of [[65_536], [1], [bytes.length]]) {
        expect(await outcome(Buffer.concat([bytes, Buffer.from(garbage)]), sizes)).toBe('invalid');
      }
    }
  });

  it('says of xz with a SHA-256 check that it cannot be read', async () => {
    const start = Buffer.from('fd377a585a00000ae1fb0ca1', 'hex');
    await expect(open(start, [1])).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('xz with a SHA-256 check'),
    });
  });

  it('refuses zchunk', async () => {
    expect(detectCodec(Buffer.from('\0ZCK1\0'))).toBe('zchunk');
    expect(await outcome(Buffer.from('\0ZCK1\0 and more'))).toBe('invalid');
  });
});
