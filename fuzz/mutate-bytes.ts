import type { Random } from './random.ts';

/** Changes bytes without knowing what they mean: flips, cuts, copies, swaps, joins. */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  return random.pick(changes)(bytes, random);
}

const span = (bytes: Buffer, random: Random): [number, number] => {
  const start = random.below(bytes.length);
  return [start, Math.min(bytes.length, start + 1 + random.below(random.pick([2, 8, 64, 1024])))];
};

const changes: ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes, random) => {
    const out = Buffer.from(bytes);
    for (let n = 1 + random.below(4); n > 0 && out.length > 0; n--) {
      out[random.below(out.length)]! ^= 1 << random.below(8);
    }
    return out;
  },
  (bytes, random) => {
    const out = Buffer.from(bytes);
    if (out.length > 0) out[random.below(out.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, 0x3c]);
    return out;
  },
  // Cut short, at the end or at the start.
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random) => bytes.subarray(random.below(Math.min(16, bytes.length) + 1)),
  (bytes, random) => {
    const [start, end] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
  },
  (bytes, random) => {
    const [start, end] = span(bytes, random);
    const part = bytes.subarray(start, end);
    const times = Math.min(random.pick([1, 1, 2, 50]), Math.ceil(20_000 / (part.length + 1)));
    return Buffer.concat([
      bytes.subarray(0, start),
      ...Array(times).fill(part),
      bytes.subarray(start),
    ]);
  },
  (bytes, random) => {
    const [a, b] = span(bytes, random);
    const [c, d] = span(bytes, random);
    if (b > c) return bytes;
    const parts = [bytes.subarray(0, a), bytes.subarray(c, d), bytes.subarray(b, c)];
    return Buffer.concat([...parts, bytes.subarray(a, b), bytes.subarray(d)]);
  },
  (bytes, random) => Buffer.concat([bytes, bytes.subarray(0, random.below(bytes.length + 1))]),
  (bytes) => Buffer.concat([bytes, bytes]),
  (bytes, random) =>
    Buffer.concat([bytes, Buffer.from(random.pick(['\0', '\n', 'x', '<a/>', '\u0001\0\0\0']))]),
  // A number of four bytes that is as large, or as small, as can be.
  (bytes, random) => {
    const out = Buffer.from(bytes);
    const at = random.below(out.length - 4);
    if (out.length > 8)
      out.writeUInt32LE(random.pick([0, 1, 0x7fffffff, 0xffffffff, 0x80000000]), at);
    return out;
  },
];
