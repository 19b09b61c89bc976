import { createPrivateKey, createSign, hash, type KeyObject } from 'node:crypto';
import type { PrivateKey } from 'openpgp';

/** OpenPGP's numbers of digests, by Node's names. */
const digests = { md5: 1, sha1: 2, sha256: 8, sha384: 9, sha512: 10 } as const;

/** Makes a version 3 signature packet, which neither gpg nor openpgp makes any more. */
export function signVersion3(
  key: PrivateKey,
  data: Buffer,
  { digest = 'sha256' as keyof typeof digests, created = new Date(), type = 0 } = {},
): Buffer {
  const { algorithm } = key.keyPacket as unknown as { algorithm: number };
  const isDsa = algorithm === 17;
  const hashed = Buffer.alloc(5);
  hashed[0] = type;
  hashed.writeUInt32BE(Math.floor(created.getTime() / 1000), 1);
  const signed = createSign(digest).update(data).update(hashed);
  const made = signed.sign({ key: nodeKey(key), dsaEncoding: 'ieee-p1363' });
  const half = made.length / 2;
  const numbers = isDsa ? [made.subarray(0, half), made.subarray(half)] : [made];
  const body = Buffer.concat([
    Buffer.from([3, 5]),
    hashed,
    Buffer.from(key.getKeyID().toHex(), 'hex'),
    Buffer.from([algorithm, digests[digest]]),
    firstBytes(data, hashed, digest),
    ...numbers.map(mpi),
  ]);
  const head = Buffer.from([0x88 | 1, 0, 0]);
  head.writeUInt16BE(body.length, 1);
  return Buffer.concat([head, body]);
}

function firstBytes(data: Buffer, hashed: Buffer, digest: string): Buffer {
  return hash(digest, Buffer.concat([data, hashed]), 'buffer').subarray(0, 2);
}

function mpi(bytes: Buffer): Buffer {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const number = bytes.subarray(from);
  const bits = Buffer.alloc(2);
  bits.writeUInt16BE((number.length - 1) * 8 + 32 - Math.clz32(number[0]!));
  return Buffer.concat([bits, number]);
}

/** Node's key of an RSA or DSA key that openpgp read. */
function nodeKey(key: PrivateKey): KeyObject {
  const packet = key.keyPacket as unknown as {
    publicParams: Record<string, Uint8Array>;
    privateParams: Record<string, Uint8Array>;
  };
  const { n, e, p: prime, q: subprime, g } = packet.publicParams;
  const { d, p, q, x } = packet.privateParams;
  if (x) {
    const algorithm = der(
      0x30,
      Buffer.from('06072a8648ce380401', 'hex'),
      der(0x30, integer(prime!), integer(subprime!), integer(g!)),
    );
    const pkcs8 = der(0x30, integer(Uint8Array.of(0)), algorithm, der(0x04, integer(x)));
    return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  }
  const big = (b: Uint8Array) => BigInt(`0x${Buffer.from(b).toString('hex')}`);
  const text = (value: bigint) => {
    const hex = value.toString(16);
    return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex').toString('base64url');
  };
  const [bp, bq, bd] = [big(p!), big(q!), big(d!)];
  return createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'RSA',
      n: text(big(n!)),
      e: text(big(e!)),
      d: text(bd),
      p: text(bp),
      q: text(bq),
      dp: text(bd % (bp - 1n)),
      dq: text(bd % (bq - 1n)),
      qi: text(inverse(bq, bp)),
    },
  });
}

function inverse(a: bigint, modulus: bigint): bigint {
  let [r, next, t, after] = [modulus, a % modulus, 0n, 1n];
  while (next !== 0n) {
    const quotient = r / next;
    [r, next] = [next, r - quotient * next];
    [t, after] = [after, t - quotient * after];
  }
  return ((t % modulus) + modulus) % modulus;
}

const integer = (bytes: Uint8Array) =>
  der(0x02, Buffer.from(bytes[0]! & 0x80 ? [0] : []), Buffer.from(bytes));

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
