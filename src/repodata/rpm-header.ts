import { AppError } from '../base/errors.ts';

/**
 * The start of an rpm file, by rpm's own format description (docs/manual/format_v4.md, format_header.md): a lead of 96
 * bytes; the signature header, padded to 8 bytes; the header; the payload.
 */
export interface RpmExtents {
  signature: Extent;
  header: Extent;
}

/** Bytes `start` up to, not including, `end` of the file. */
export interface Extent {
  start: number;
  end: number;
}

const leadSize = 96;
const introSize = 16;
const entrySize = 16;
const leadMagic = Buffer.from('edabeedb', 'hex');
const headerMagic = Buffer.from('8eade80100000000', 'hex');

/** rpm's own bounds on entries and bytes, of the signature header and of the header. */
const bounds = {
  signature: { entries: 32, bytes: 64 * 1024 * 1024 },
  header: { entries: 0xffff, bytes: 256 * 1024 * 1024 },
} as const;

/** The tag that holds together the entries that are signed, which in a package are all of them (`RPMTAG_HEADERIMMUTABLE`). */
const immutable = 63;

/**
 * Finds where the headers lie, reading 16 bytes at a time. Gives undefined as long as fewer than the `available` bytes
 * are there that it takes to know. Throws AppError 'invalid' on what is no rpm, or one beyond rpm's bounds.
 */
export async function findHeaders(
  read: (start: number, length: number) => Promise<Buffer>,
  available: number,
): Promise<RpmExtents | undefined> {
  if (available < leadSize + introSize) return undefined;
  if (!(await read(0, 4)).equals(leadMagic)) throw noRpm('it does not begin as one');
  const signature = extentOf(await read(leadSize, introSize), leadSize, 'signature');
  const start = signature.end + ((8 - (signature.end % 8)) % 8);
  if (available < start + introSize) return undefined;
  return { signature, header: extentOf(await read(start, introSize), start, 'header') };
}

function extentOf(intro: Buffer, start: number, which: keyof typeof bounds): Extent {
  if (!intro.subarray(0, 8).equals(headerMagic)) throw noRpm(`its ${which} does not begin as one`);
  const entries = intro.readUInt32BE(8);
  const bytes = intro.readUInt32BE(12);
  const most = bounds[which];
  if (entries < 1 || entries > most.entries || bytes > most.bytes) {
    throw noRpm(`its ${which} says it has ${entries} entries and ${bytes} bytes`);
  }
  return { start, end: start + introSize + entries * entrySize + bytes };
}

/** A header's entries. Each reader gives undefined where there is no such tag, and throws AppError 'invalid' on another type. */
export interface RpmHeader {
  binary(tag: number): Buffer | undefined;
  /** A string, or an array of a few. */
  strings(tag: number): string[] | undefined;
  number(tag: number): number | undefined;
}

/** Digests and signatures, of which there are one or a few. */
const mostStrings = 64;

const types = { int32: 4, string: 6, binary: 7, stringArray: 8 } as const;

interface Entry {
  type: number;
  offset: number;
  count: number;
}

/**
 * Reads one header from its bytes, whole, as `findHeaders` measured them. Throws AppError 'invalid' where entries lie
 * outside of it, a tag is there twice, or, in the header proper, entries stand beside those that are signed.
 */
export function readHeader(bytes: Buffer, which: keyof typeof bounds): RpmHeader {
  const count = bytes.readUInt32BE(8);
  const data = bytes.subarray(introSize + count * entrySize);
  const entries = new Map<number, Entry>();
  for (let i = 0; i < count; i++) {
    const at = introSize + i * entrySize;
    const tag = bytes.readUInt32BE(at);
    const type = bytes.readUInt32BE(at + 4);
    const offset = bytes.readUInt32BE(at + 8);
    const items = bytes.readUInt32BE(at + 12);
    if (offset > data.length || items > data.length)
      throw noRpm(`entry ${tag} of its ${which} lies outside of it`);
    if (entries.has(tag)) throw noRpm(`its ${which} has entry ${tag} twice`);
    entries.set(tag, { type, offset, count: items });
  }
  if (which === 'header') requireImmutable(bytes, data, count);
  const find = (tag: number, ...allowed: number[]): Entry | undefined => {
    const entry = entries.get(tag);
    if (entry && !allowed.includes(entry.type))
      throw noRpm(`entry ${tag} of its ${which} has type ${entry.type}`);
    return entry;
  };
  const slice = (offset: number, length: number): Buffer => {
    if (offset + length > data.length) throw noRpm(`its ${which} is cut short`);
    return data.subarray(offset, offset + length);
  };
  return {
    binary(tag) {
      const entry = find(tag, types.binary);
      return entry && slice(entry.offset, entry.count);
    },
    strings(tag) {
      const entry = find(tag, types.string, types.stringArray);
      if (!entry) return undefined;
      if (entry.count > mostStrings)
        throw noRpm(`entry ${tag} of its ${which} has ${entry.count} strings`);
      const found: string[] = [];
      for (let at = entry.offset, i = 0; i < entry.count; i++) {
        const end = data.indexOf(0, at);
        if (end < 0) throw noRpm(`its ${which} is cut short`);
        found.push(data.toString('utf8', at, end));
        at = end + 1;
      }
      return found;
    },
    number(tag) {
      const entry = find(tag, types.int32);
      return entry && slice(entry.offset, 4).readUInt32BE(0);
    },
  };
}

/** In a package's header the signed region must be the whole of it: nothing is to be slipped in beside it. */
function requireImmutable(bytes: Buffer, data: Buffer, count: number): void {
  const at = introSize;
  const offset = bytes.readUInt32BE(at + 8);
  const whole =
    bytes.readUInt32BE(at) === immutable &&
    bytes.readUInt32BE(at + 4) === types.binary &&
    bytes.readUInt32BE(at + 12) === entrySize &&
    offset + entrySize === data.length &&
    data.readUInt32BE(offset) === immutable &&
    data.readInt32BE(offset + 8) === -count * entrySize;
  if (!whole) throw noRpm('its header is not one whole signed region');
}

const noRpm = (why: string) => new AppError('invalid', `this is no rpm package: ${why}`);
