import { randomInt } from 'node:crypto';

/** Sha256 digests, as 64 hexadecimal digits, each with a number from 1 to 65535: a million of them in some 50 MB. */
export interface DigestMap {
  readonly size: number;
  /** 0 where it is not in the map. */
  get(digest: string): number;
  set(digest: string, value: number): void;
}

/** Words of a digest. */
const width = 8;

/** Open addressing over flat arrays. Where a digest lands depends on numbers that nobody outside knows. */
export function createDigestMap(): DigestMap {
  const seeds = Array.from({ length: width }, () => randomInt(2 ** 31) * 2 + 1);
  const wanted = new Uint32Array(width);
  const bytes = Buffer.from(wanted.buffer);
  let keys = new Uint32Array(1024 * width);
  let values = new Uint16Array(1024);
  let size = 0;

  /** Where the wanted digest is, or would be. */
  function slotOf(): number {
    let hash = 0;
    for (let i = 0; i < width; i++) hash = (hash + Math.imul(wanted[i]!, seeds[i]!)) | 0;
    hash ^= hash >>> 15;
    for (let slot = hash & (values.length - 1); ; slot = (slot + 1) & (values.length - 1)) {
      if (values[slot] === 0 || isHere(slot)) return slot;
    }
  }

  function isHere(slot: number): boolean {
    for (let i = 0; i < width; i++) if (keys[slot * width + i] !== wanted[i]) return false;
    return true;
  }

  function grow(): void {
    const old = { keys, values };
    keys = new Uint32Array(old.keys.length * 2);
    values = new Uint16Array(old.values.length * 2);
    for (const [at, value] of old.values.entries()) {
      if (value === 0) continue;
      wanted.set(old.keys.subarray(at * width, (at + 1) * width));
      const slot = slotOf();
      keys.set(wanted, slot * width);
      values[slot] = value;
    }
  }

  return {
    get size() {
      return size;
    },
    get(digest) {
      bytes.write(digest, 'hex');
      return values[slotOf()]!;
    },
    set(digest, value) {
      if (size * 3 > values.length * 2) grow();
      bytes.write(digest, 'hex');
      const slot = slotOf();
      if (values[slot] === 0) {
        keys.set(wanted, slot * width);
        size++;
      }
      values[slot] = value;
    },
  };
}
