import { hash } from 'node:crypto';
import type { BitSet } from '../../base/bit-set.ts';
import { limits } from '../../base/limits.ts';
import { type CompsParts, cutComps, joinComps } from '../../repodata/cut-comps.ts';
import { cutModules, joinModules } from '../../repodata/modules.ts';
import type { CatalogueRows } from '../../store/catalogue/remaining-rows.ts';
import type { ManifestFile } from '../../store/objects/manifest.ts';
import type { Objects } from '../../store/objects/objects.ts';
import { readWholeDocument } from '../../store/objects/whole-document.ts';
import type { LoadedOrigin } from './origins.ts';

export const groupTypes = ['group', 'group_gz', 'group_xz'];

interface Deps {
  objects: Objects;
  rows: CatalogueRows;
}

/** The comps.xml of what remains; undefined where the origins have none. Throws AppErrors. */
export async function renderComps(
  { objects, rows }: Deps,
  origins: readonly LoadedOrigin[],
  packages: BitSet,
): Promise<Buffer | undefined> {
  const documents: CompsParts[] = [];
  for (const { manifest, origin, all, keep } of origins) {
    const file = fileOf(manifest.files, groupTypes);
    if (!file) continue;
    const xml = await readWholeDocument(objects, file, limits.wholeDocument);
    const gone = new Map<string, boolean>();
    // A group may list what another source has; only what was here and is no longer is taken out.
    const isGone = (name: string): boolean => {
      const known = gone.get(name);
      if (known !== undefined) return known;
      const builds = rows.named(name);
      const result = builds.some((r) => all.has(r)) && !builds.some((r) => packages.has(r));
      gone.set(name, result);
      return result;
    };
    const { groups } = origin;
    const cut = cutComps(xml.toString('utf8'), {
      hasGroup: (id) => groups === 'all' || groups.has(id),
      isGone: keep ? isGone : () => false,
    });
    documents.push(cut);
  }
  return documents.length === 0 ? undefined : Buffer.from(joinComps(documents));
}

/** The modules.yaml of what remains; undefined where nothing does. Throws AppErrors. */
export async function renderModules(
  { objects }: Deps,
  origins: readonly LoadedOrigin[],
): Promise<Buffer | undefined> {
  const remaining = new Map<string, string>();
  for (const { manifest, origin } of origins) {
    const file = fileOf(manifest.files, ['modules']);
    if (!file) continue;
    const yaml = await readWholeDocument(objects, file, limits.openModules, 'open_modules');
    for (const document of cutModules(yaml.toString('utf8'))) {
      const digest = hash('sha256', document);
      if (origin.modules === 'all' || origin.modules.has(digest)) remaining.set(digest, document);
    }
  }
  return remaining.size === 0 ? undefined : Buffer.from(joinModules([...remaining.values()]));
}

/** The first file of the first of these types that there is. */
export const fileOf = (
  files: readonly ManifestFile[],
  types: readonly string[],
): ManifestFile | undefined =>
  types.map((t) => files.find((f) => f.type === t)).find((f) => f !== undefined);
