import type { PublicKey, Subkey } from 'openpgp';
import type { KeyNumbers } from './key-object.ts';
import type { Verdict } from './verdict.ts';

const strongBits = 2048;
/** Keys of this size went with SHA-1. */
const oldBits = 1024;
/** Beyond these, one signature takes seconds and more; no vendor's key comes near. */
const most = { n: 16_384, e: 32, p: 4096, q: 512 } as const;

/** Whether a key's numbers are too small to be trusted, or too large to be computed with; undefined where neither. */
export function judgeStrength(
  part: PublicKey | Subkey,
  allowSha1: boolean,
): Pick<Verdict, 'problem' | 'reason'> | undefined {
  const { publicParams } = part.keyPacket as unknown as { publicParams: KeyNumbers };
  const { n, e, p, q, g, y } = publicParams;
  const least = allowSha1 ? oldBits : strongBits;
  const large = (reason: string) => ({ problem: 'unusable_key', reason }) as const;
  const weak = (reason: string) => ({ problem: 'weak', reason }) as const;
  if (n && e) {
    const bits = bitsOf(n);
    if (bits > most.n) return large(`its RSA key has ${bits} bits, more than ${most.n}`);
    if (bitsOf(e) > most.e) return large(`its RSA key has an exponent of ${bitsOf(e)} bits`);
    return bits < least ? weak(`its RSA key has only ${bits} bits`) : undefined;
  }
  if (p && q && g && y) {
    const bits = bitsOf(p);
    if (bits > most.p) return large(`its DSA key has ${bits} bits, more than ${most.p}`);
    const others = [bitsOf(q) > most.q, bitsOf(g) > bits, bitsOf(y) > bits];
    if (others.includes(true)) return large('its DSA key has numbers that are too large');
    return bits < least ? weak(`its DSA key has only ${bits} bits`) : undefined;
  }
  return undefined;
}

/** Bits of a number, without the zeros before it. */
function bitsOf(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (bytes.length - first) * 8 - (Math.clz32(bytes[first]!) - 24);
}
