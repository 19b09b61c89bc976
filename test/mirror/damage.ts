import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findManifest, type Manifest } from '../../src/store/objects/manifest.ts';
import { createObjects } from '../../src/store/objects/objects.ts';
import { readTree } from '../../src/store/objects/tree.ts';
import { dataPaths } from '../../src/store/paths.ts';
import { openState } from '../../src/store/state/state.ts';

export const damages = {
  'a flipped bit': async (path: string) => {
    const bytes = await readFile(path);
    bytes[bytes.length >> 1]! ^= 4;
    await writeFile(path, bytes);
  },
  'a lost end': async (path: string) => truncate(path, 10),
  'a lost file': async (path: string) => rm(path),
};

/** Where the objects of a source's current revision lie, by kind. */
export async function objectPaths(data: string, label: string) {
  const paths = dataPaths(data);
  const objects = createObjects(paths);
  const state = openState(paths);
  const rows = await state
    .selectFrom('revision')
    .where('label', '=', label)
    .orderBy('number', 'desc')
    .select('manifest')
    .execute();
  await state.destroy();
  const name = rows[0]!.manifest;
  const manifest: Manifest = (await findManifest(objects, name))!;
  const tree = manifest.trees.primary!;
  const packs = (await readTree(objects, tree)).runs.map(([pack]) => pack);
  const file = (type: string) => manifest.files.find((f) => f.type === type)!.sha256;
  return {
    manifest: paths.object(name),
    repomd: paths.object(file('repomd')),
    document: paths.object(file('primary')),
    tree: paths.object(tree),
    'old pack': paths.object(packs[0]!),
    'new pack': paths.object(packs.at(-1)!),
    object: (sha256: string) => join(data, 'objects', sha256.slice(0, 2), sha256.slice(2)),
  };
}
