import { LRUCache } from 'lru-cache';
import { AppError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { type Delta, readDeltas } from '../repodata/deltas.ts';
import type { PackageFile } from '../store/catalogue/catalogue.ts';
import type { ManifestFile } from '../store/objects/manifest.ts';
import type { Objects } from '../store/objects/objects.ts';
import { readWholeDocument } from '../store/objects/whole-document.ts';

/** What delta rpms are called: no other path has a document read. */
const name = /\.(?:drpm|delta\.rpm)$/;

const types: ReadonlySet<string> = new Set(['prestodelta', 'deltainfo']);

/** Finds delta rpms, which no package of primary is: their document is read when one is first asked for. */
export function createDeltas(objects: Objects) {
  const documents = new LRUCache<string, Promise<Map<string, Delta>>>({ max: 16 });

  async function read(file: ManifestFile): Promise<Map<string, Delta>> {
    try {
      const xml = await readWholeDocument(objects, file, limits.wholeDocument);
      return new Map([...readDeltas(xml)].map((delta) => [delta.location, delta]));
    } catch (error) {
      // One that cannot be read lists nothing.
      if (error instanceof AppError) return new Map();
      throw error;
    }
  }

  return {
    /** The delta rpm at a location, from the first of these documents that lists it. */
    async find(files: Iterable<ManifestFile>, location: string): Promise<PackageFile | undefined> {
      if (!name.test(location)) return undefined;
      for (const file of files) {
        if (!types.has(file.type)) continue;
        let document = documents.get(file.sha256);
        if (!document) {
          document = read(file);
          documents.set(file.sha256, document);
          document.catch(() => documents.delete(file.sha256));
        }
        const delta = (await document).get(location);
        if (delta) return { ...delta, name: location };
      }
      return undefined;
    },
  };
}
