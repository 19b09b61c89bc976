import { createHash, type Hash } from 'node:crypto';

/** Checksum types that repositories use, as yum spells them; `sha` is yum's old name of sha1. */
const hashNames = {
  md5: 'md5',
  sha: 'sha1',
  sha1: 'sha1',
  sha224: 'sha224',
  sha256: 'sha256',
  sha384: 'sha384',
  sha512: 'sha512',
} as const;

export type ChecksumType = keyof typeof hashNames;

/** A checksum: its type and its value as lower-case hexadecimal digits. */
export interface Checksum {
  type: ChecksumType;
  value: string;
}

const hexLengths = { md5: 32, sha1: 40, sha224: 56, sha256: 64, sha384: 96, sha512: 128 } as const;

/** Reads a checksum from a type and hexadecimal text; undefined if the type is unknown or the text does not fit it. */
export function checksumOf(type: string, value: string): Checksum | undefined {
  const kind = type.trim().toLowerCase();
  const hex = value.trim().toLowerCase();
  if (!Object.hasOwn(hashNames, kind)) return undefined;
  const known = kind as ChecksumType;
  if (hex.length !== hexLengths[hashNames[known]] || /[^0-9a-f]/.test(hex)) return undefined;
  return { type: known, value: hex };
}

export function sameChecksum(a: Checksum, b: Checksum): boolean {
  return hashNames[a.type] === hashNames[b.type] && a.value === b.value;
}

/** Hashes bytes as they pass, under sha256 and under one more type where that is another one. */
export interface PassingHash {
  update(chunk: Uint8Array): void;
  /** Ends the hashing. `wanted` is the checksum under the type that was asked for. */
  digest(): { sha256: string; wanted: Checksum };
}

/** Starts hashing for `type`, and for sha256 in any case: objects are named by it. */
export function passingHash(type: ChecksumType = 'sha256'): PassingHash {
  const main = createHash('sha256');
  const second: Hash | undefined =
    hashNames[type] === 'sha256' ? undefined : createHash(hashNames[type]);
  return {
    update(chunk) {
      main.update(chunk);
      second?.update(chunk);
    },
    digest() {
      const sha256 = main.digest('hex');
      return { sha256, wanted: { type, value: second ? second.digest('hex') : sha256 } };
    },
  };
}
