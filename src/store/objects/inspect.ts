import { type BigIntStats, createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { type Checksum, passingHash, sameChecksum } from '../../base/digest.ts';
import { AppError, errorCode } from '../../base/errors.ts';
import type { Objects } from './objects.ts';

/** What was found where an object should be. */
export interface Inspection {
  state: 'intact' | 'missing' | 'damaged';
  /** Removes what is damaged, unless something else took its place meanwhile. */
  remove(): Promise<void>;
}

export interface InspectOptions {
  /** The checksum that the object is known by besides its name. */
  checksum?: Checksum | undefined;
  signal?: AbortSignal | undefined;
  onBytes?: ((count: number) => void) | undefined;
}

/** Reads an object through and compares it with its name. Throws AppError 'cancelled'. */
export async function inspect(
  objects: Objects,
  sha256: string,
  { checksum, signal, onBytes }: InspectOptions = {},
): Promise<Inspection> {
  const object = await objects.find(sha256);
  const seen = object && (await stat(object.path, { bigint: true }).catch(absent));
  if (!object || !seen) return { state: 'missing', remove: async () => {} };
  const hash = passingHash(checksum?.type);
  try {
    for await (const chunk of createReadStream(object.path, { highWaterMark: 1024 * 1024 })) {
      if (signal?.aborted) throw new AppError('cancelled', 'verifying was cancelled');
      hash.update(chunk);
      onBytes?.(chunk.length);
    }
  } catch (error) {
    // A sector that cannot be read is damage as well, and so is a folder.
    if (!['EIO', 'EISDIR'].includes(errorCode(error) ?? '')) throw error;
  }
  const { sha256: found, wanted } = hash.digest();
  const right = found === sha256 && (!checksum || sameChecksum(wanted, checksum));
  return {
    state: right ? 'intact' : 'damaged',
    async remove() {
      const now = await stat(object.path, { bigint: true }).catch(absent);
      if (found !== sha256 && now && isSame(seen, now)) {
        await rm(object.path, { force: true, recursive: true });
      }
    },
  };
}

const isSame = (a: BigIntStats, b: BigIntStats): boolean =>
  a.ino === b.ino && a.mtimeNs === b.mtimeNs && a.size === b.size;

function absent(error: unknown): undefined {
  if (errorCode(error) === 'ENOENT') return undefined;
  throw error;
}
