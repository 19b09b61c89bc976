import { type Checksum, type ChecksumType, passingHash, sameChecksum } from '../base/digest.ts';

/** Whether bytes have every checksum of one of the versions that a metalink announces. Hashes once for each type. */
export function matchesMetalink(bytes: Buffer, versions: Checksum[][]): boolean {
  const known = new Map<ChecksumType, Checksum>();
  return versions.some((checksums) =>
    checksums.every((checksum) => {
      const ours = known.get(checksum.type) ?? summed(bytes, checksum.type);
      known.set(checksum.type, ours);
      return sameChecksum(ours, checksum);
    }),
  );
}

function summed(bytes: Buffer, type: ChecksumType): Checksum {
  const hash = passingHash(type);
  hash.update(bytes);
  return hash.digest().wanted;
}
