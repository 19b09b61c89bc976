import { AppError } from '../../base/errors.ts';

/**
 * The packages of an instance, packed: a byte for the format, then varints (7 bits a byte, the lowest first): how many
 * there are; each id less the one before, ascending; each install time (seconds since 1970; 0 for none) less the one
 * before, as zigzag. About four bytes a package.
 */
const format = 1;
/** Of one varint below 2^53. */
const longest = 8;
/** Install times are below that: 2^40 seconds. */
const latest = 2 ** 40;

/** Packs install times by id of a package; ids are positive. */
export function packProfile(installed: ReadonlyMap<number, number>): Buffer {
  const ids = Float64Array.from(installed.keys()).sort();
  const buffer = Buffer.allocUnsafe(1 + longest * (2 * ids.length + 1));
  let end = 0;
  buffer[end++] = format;
  const put = (value: number) => {
    let rest = value;
    while (rest > 127) {
      buffer[end++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    buffer[end++] = rest;
  };
  put(ids.length);
  let before = 0;
  for (const id of ids) {
    put(id - before);
    before = id;
  }
  before = 0;
  for (const id of ids) {
    const time = Math.min(Math.max(Math.trunc(installed.get(id) ?? 0), 0), latest) || 0;
    const step = time - before;
    put(step < 0 ? -2 * step - 1 : 2 * step);
    before = time;
  }
  return Buffer.from(buffer.subarray(0, end));
}

/** Install times by id, in the order of ids. Throws AppError 'invalid' for bytes that are no profile. */
export function unpackProfile(bytes: Buffer): Map<number, number> {
  const { ids, times } = profileColumns(bytes);
  const installed = new Map<number, number>();
  for (const [i, id] of ids.entries()) installed.set(id, times[i]!);
  return installed;
}

/** The same as two lists: ids in ascending order, and when each was installed. */
export function profileColumns(bytes: Buffer): { ids: Float64Array; times: Float64Array } {
  let at = 1;
  const take = () => {
    let value = 0;
    for (let factor = 1; at < bytes.length; factor *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw damaged();
  };
  if (bytes[0] !== format) throw damaged();
  const count = take();
  if (count > bytes.length) throw damaged();
  const ids = new Float64Array(count);
  let id = 0;
  for (let i = 0; i < count; i++) {
    id += take();
    ids[i] = id;
  }
  const times = new Float64Array(count);
  let time = 0;
  for (let i = 0; i < count; i++) {
    const step = take();
    time += step % 2 === 1 ? -(step + 1) / 2 : step / 2;
    times[i] = time;
  }
  return { ids, times };
}

const damaged = () => new AppError('invalid', 'a package profile in the database is damaged');
