import { createPublicKey, type KeyObject } from 'node:crypto';

/** A public key's numbers as openpgp reads them. */
export type KeyNumbers = Record<string, Uint8Array>;

/** Node's key of an RSA or DSA key's numbers; undefined for any other kind. Throws where the numbers make none. */
export function keyObject(numbers: KeyNumbers): KeyObject | undefined {
  const { n, e, p, q, g, y } = numbers;
  if (n && e) {
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
    return createPublicKey({ key: { kty: 'RSA', n: text(n), e: text(e) }, format: 'jwk' });
  }
  if (p && q && g && y) {
    const algorithm = sequence(dsaObject, sequence(integer(p), integer(q), integer(g)));
    const key = sequence(algorithm, element(0x03, Buffer.from([0]), integer(y)));
    return createPublicKey({ key, format: 'der', type: 'spki' });
  }
  return undefined;
}

/** id-dsa, 1.2.840.10040.4.1 (RFC 3279, section 2.3.2). */
const dsaObject = element(0x06, Buffer.from('2a8648ce380401', 'hex'));

function sequence(...parts: Buffer[]): Buffer {
  return element(0x30, ...parts);
}

/** An unsigned number; a zero goes before one whose first bit is set. */
function integer(bytes: Uint8Array): Buffer {
  return element(0x02, Buffer.from(bytes[0]! & 0x80 ? [0] : []), Buffer.from(bytes));
}

/** A DER element (X.690). */
function element(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length;
  const size =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : [0x82, Math.floor(length / 0x100), length % 0x100];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
