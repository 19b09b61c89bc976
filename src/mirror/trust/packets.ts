import { AppError } from '../../base/errors.ts';

/** An OpenPGP packet: its tag, its body, and the whole with its header. */
export interface Packet {
  tag: number;
  body: Buffer;
  whole: Buffer;
}

/** Tags of packets (RFC 9580, section 5). */
export const tagOf = {
  signature: 2,
  secretKey: 5,
  publicKey: 6,
  secretSubkey: 7,
  marker: 10,
  trust: 12,
  userId: 13,
  publicSubkey: 14,
  userAttribute: 17,
  padding: 21,
} as const;

const mostPackets = 20_000;

/**
 * Cuts OpenPGP bytes into packets (RFC 9580, section 4.2). Throws AppError 'invalid' on anything that is none, packets
 * of unknown length included, which keys and signatures never are.
 */
export function readPackets(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (packets.length >= mostPackets) throw wrong();
    const { tag, start, length } = packetHead(bytes, at);
    const end = start + length;
    if (end > bytes.length) throw wrong();
    packets.push({ tag, body: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return packets;
}

function packetHead(bytes: Buffer, at: number): { tag: number; start: number; length: number } {
  const first = bytes[at]!;
  if ((first & 0x80) === 0) throw wrong();
  if ((first & 0x40) === 0) {
    const tag = (first >> 2) & 0x0f;
    const size = 1 << (first & 3);
    if (size === 8 || at + 1 + size > bytes.length) throw wrong();
    return { tag, start: at + 1 + size, length: bytes.readUIntBE(at + 1, size) };
  }
  const tag = first & 0x3f;
  const one = bytes[at + 1];
  if (one === undefined || (one >= 224 && one < 255)) throw wrong();
  if (one < 192) return { tag, start: at + 2, length: one };
  if (one < 224) {
    const two = bytes[at + 2];
    if (two === undefined) throw wrong();
    return { tag, start: at + 3, length: (one - 192) * 256 + two + 192 };
  }
  if (at + 6 > bytes.length) throw wrong();
  return { tag, start: at + 6, length: bytes.readUInt32BE(at + 2) };
}

/** A version 3 signature (RFC 9580, section 5.2.2), which openpgp does not read. */
export interface Version3Signature {
  type: number;
  created: Date;
  /** Lower-case hexadecimal digits. */
  keyId: string;
  keyAlgorithm: number;
  hashAlgorithm: number;
  /** What is hashed after the bytes that are signed. */
  trailer: Buffer;
  /** RSA's one number, or DSA's two. */
  numbers: Buffer[];
}

/** Reads a version 3 signature packet's body. Throws AppError 'invalid'. */
export function readVersion3(body: Buffer): Version3Signature {
  // Version, length of what is hashed, type, time, key id, two algorithms, the digest's first bytes.
  if (body.length < 19 || body[0] !== 3 || body[1] !== 5) throw wrong();
  const numbers: Buffer[] = [];
  for (let at = 19; at < body.length; ) {
    if (at + 2 > body.length) throw wrong();
    const length = Math.ceil(body.readUInt16BE(at) / 8);
    if (at + 2 + length > body.length || numbers.length === 2) throw wrong();
    numbers.push(body.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return {
    type: body[2]!,
    created: new Date(body.readUInt32BE(3) * 1000),
    keyId: body.toString('hex', 7, 15),
    keyAlgorithm: body[15]!,
    hashAlgorithm: body[16]!,
    trailer: body.subarray(2, 7),
    numbers,
  };
}

const wrong = () => new AppError('invalid', 'these bytes are no OpenPGP data');
