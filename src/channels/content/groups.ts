import { LRUCache } from 'lru-cache';
import type { Group } from '../../repodata/comps.ts';
import { groupsFile, readGroups } from '../../store/catalogue/whole-documents.ts';
import type { Manifest } from '../../store/objects/manifest.ts';
import type { Objects } from '../../store/objects/objects.ts';

const kept = 16;

/** Reads the groups of revisions, each document once. Throws AppErrors where one cannot be read. */
export function createGroupReader() {
  const known = new LRUCache<string, Group[]>({ max: kept });

  return async (objects: Objects, manifest: Manifest): Promise<readonly Group[]> => {
    const file = groupsFile(manifest);
    if (!file) return [];
    const groups = known.get(file.sha256) ?? (await readGroups(objects, manifest, () => {}));
    known.set(file.sha256, groups);
    return groups;
  };
}

export type GroupReader = ReturnType<typeof createGroupReader>;
