import { hash } from 'node:crypto';

/** An rpm's parts, as bytes: the entries of its signature header by tag, the header, and the payload. */
export interface RpmParts {
  lead: Buffer;
  signature: Map<number, SignatureEntry>;
  header: Buffer;
  payload: Buffer;
}

interface SignatureEntry {
  type: number;
  count: number;
  data: Buffer;
}

const region = 62;
const reserved = 1008;

/** Takes an rpm apart, by the format's description and nothing of the program's. */
export function takeApart(rpm: Buffer): RpmParts {
  const signature = new Map<number, SignatureEntry>();
  const count = rpm.readUInt32BE(104);
  const dataAt = 112 + count * 16;
  const dataSize = rpm.readUInt32BE(108);
  for (let i = 0; i < count; i++) {
    const at = 112 + i * 16;
    const [tag, type, offset, items] = [0, 4, 8, 12].map((o) => rpm.readUInt32BE(at + o)) as [
      number,
      number,
      number,
      number,
    ];
    if (tag === region || tag === reserved) continue;
    const from = dataAt + offset;
    const length = type === 4 ? items * 4 : type === 7 ? items : textLength(rpm, from, items);
    signature.set(tag, { type, count: items, data: rpm.subarray(from, from + length) });
  }
  const headerAt = Math.ceil((dataAt + dataSize) / 8) * 8;
  const headerEnd =
    headerAt + 16 + rpm.readUInt32BE(headerAt + 8) * 16 + rpm.readUInt32BE(headerAt + 12);
  return {
    lead: rpm.subarray(0, 96),
    signature,
    header: Buffer.from(rpm.subarray(headerAt, headerEnd)),
    payload: Buffer.from(rpm.subarray(headerEnd)),
  };
}

/** Bytes of so many strings, each with its zero. */
function textLength(bytes: Buffer, from: number, count: number): number {
  let end = from;
  for (let i = 0; i < count; i++) end = bytes.indexOf(0, end) + 1;
  return end - from;
}

/** Puts an rpm together again. */
export function putTogether({ lead, signature, header, payload }: RpmParts): Buffer {
  const entries = [...signature].sort(([a], [b]) => a - b);
  const count = entries.length + 1;
  const index = Buffer.alloc(count * 16);
  const chunks: Buffer[] = [];
  let offset = 0;
  const add = (data: Buffer, align: number) => {
    const gap = (align - (offset % align)) % align;
    chunks.push(Buffer.alloc(gap), data);
    offset += gap + data.length;
    return offset - data.length;
  };
  const writeEntry = (target: Buffer, at: number, numbers: number[]) => {
    for (const [i, n] of numbers.entries()) target.writeInt32BE(n, at + i * 4);
  };
  entries.forEach(([tag, { type, count: items, data }], i) => {
    writeEntry(index, (i + 1) * 16, [tag, type, add(data, type === 4 ? 4 : 1), items]);
  });
  const trailer = Buffer.alloc(16);
  writeEntry(trailer, 0, [region, 7, -count * 16, 16]);
  writeEntry(index, 0, [region, 7, add(trailer, 1), 16]);
  const intro = Buffer.from('8eade80100000000', 'hex');
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32BE(count, 0);
  sizes.writeUInt32BE(offset, 4);
  const padding = Buffer.alloc((8 - (offset % 8)) % 8);
  return Buffer.concat([lead, intro, sizes, index, ...chunks, padding, header, payload]);
}

/** A binary entry, as signatures are. */
export const binaryEntry = (data: Buffer): SignatureEntry => ({
  type: 7,
  count: data.length,
  data,
});

/** Makes header digests and sizes fit a header or payload that was changed. */
export function refreshDigests(parts: RpmParts): void {
  const text = (value: string) => ({ type: 6, count: 1, data: Buffer.from(`${value}\0`) });
  parts.signature.set(269, text(hash('sha1', parts.header)));
  parts.signature.set(273, text(hash('sha256', parts.header)));
  const both = Buffer.concat([parts.header, parts.payload]);
  parts.signature.set(1004, binaryEntry(hash('md5', both, 'buffer')));
  const size = Buffer.alloc(4);
  size.writeUInt32BE(both.length);
  parts.signature.set(1000, { type: 4, count: 1, data: size });
}
