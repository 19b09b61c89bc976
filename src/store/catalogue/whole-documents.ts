import { hash } from 'node:crypto';
import { explain } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { type Group, readComps } from '../../repodata/comps.ts';
import type { ModuleStream } from '../../repodata/modules.ts';
import type { Manifest, ManifestFile } from '../objects/manifest.ts';
import type { Objects } from '../objects/objects.ts';
import { readWholeDocument } from '../objects/whole-document.ts';
import type { Sqlite } from '../sqlite.ts';
import { finder } from './rows.ts';

export interface IndexedModules {
  /** Rows of streams. */
  ids: Set<number>;
  /** Why nothing of the document can be read, where that is so: dnf ends with an error on such a repository. */
  unreadable: string | undefined;
}

/** Makes sure that each stream of the modules document has a row. */
export async function indexModules(
  db: Sqlite,
  objects: Objects,
  manifest: Manifest,
  putAside: (error: unknown) => void,
): Promise<IndexedModules> {
  const ids = new Set<number>();
  let yaml: string | undefined;
  try {
    const file = modulesFile(manifest);
    yaml = file && (await readModules(objects, file));
  } catch (error) {
    putAside(error);
    return { ids, unreadable: explain(error) };
  }
  if (yaml === undefined) return { ids, unreadable: undefined };
  // Loaded where there are modules: most sources have none.
  const { cutModules, readModule } = await import('../../repodata/modules.ts');
  const find = finder(db, 'module_stream', 'document');
  const insert = db
    .prepare(`
    INSERT INTO module_stream (document, name, stream, version, context, arch, summary)
    VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`)
    .pluck();
  const insertArtifact = db.prepare('INSERT OR IGNORE INTO module_artifact VALUES (?, ?)');
  const insertProfile = db.prepare('INSERT OR IGNORE INTO module_profile VALUES (?, ?, ?)');
  const add = (digest: Buffer, m: ModuleStream): number => {
    const { name, stream, version, context, arch, summary } = m;
    const id = insert.get(digest, name, stream, version, context, arch, summary) as number;
    for (const nevra of m.artifacts) insertArtifact.run(id, nevra);
    for (const p of m.profiles) for (const name of p.packages) insertProfile.run(id, p.name, name);
    return id;
  };
  let readable = 0;
  let problem: string | undefined;
  for (const document of cutModules(yaml)) {
    const digest = hash('sha256', document, 'buffer');
    const known = find(digest);
    if (known !== undefined) {
      ids.add(known);
      readable++;
      continue;
    }
    try {
      const stream = readModule(document);
      readable++;
      if (stream) ids.add(db.transaction(() => add(digest, stream))());
    } catch (error) {
      putAside(error);
      problem ??= explain(error);
    }
  }
  return { ids, unreadable: readable === 0 ? problem : undefined };
}

/** How many groups comps has. */
export async function countGroups(
  objects: Objects,
  manifest: Manifest,
  putAside: (error: unknown) => void,
): Promise<number> {
  try {
    return (await readGroups(objects, manifest, putAside)).length;
  } catch (error) {
    putAside(error);
    return 0;
  }
}

/** The groups of a revision's comps. Throws AppErrors where it cannot be read. */
export async function readGroups(
  objects: Objects,
  manifest: Manifest,
  putAside: (error: unknown) => void,
): Promise<Group[]> {
  const file = groupsFile(manifest);
  if (!file) return [];
  const { wholeDocument } = limits;
  const xml = await readWholeDocument(objects, file, wholeDocument, 'whole_document');
  return readComps(xml.toString('utf8'), putAside);
}

/** The comps document of a revision that is read. */
export const groupsFile = (manifest: Manifest): ManifestFile | undefined =>
  ['group', 'group_gz', 'group_xz'].map((t) => ofType(manifest, t)).find((file) => file);

/** Its modules document. */
export const modulesFile = (manifest: Manifest): ManifestFile | undefined =>
  ofType(manifest, 'modules');

const ofType = (manifest: Manifest, type: string) => manifest.files.find((f) => f.type === type);

/** The text of a modules document. Throws AppErrors. */
export async function readModules(objects: Objects, file: ManifestFile): Promise<string> {
  const { openModules } = limits;
  return (await readWholeDocument(objects, file, openModules, 'open_modules')).toString('utf8');
}
