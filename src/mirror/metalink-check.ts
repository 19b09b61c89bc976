import { type Checksum, passingHash, sameChecksum } from '../base/digest.ts';

/** Whether bytes have every checksum of one of the versions that a metalink announces. */
export function matchesMetalink(bytes: Buffer, versions: Checksum[][]): boolean {
  return versions.some((checksums) =>
    checksums.every((checksum) => {
      const hash = passingHash(checksum.type);
      hash.update(bytes);
      return sameChecksum(hash.digest().wanted, checksum);
    }),
  );
}
