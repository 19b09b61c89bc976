import { hash } from 'node:crypto';
import { explain } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { readComps } from '../../repodata/comps.ts';
import type { ModuleStream } from '../../repodata/modules.ts';
import type { Manifest } from '../objects/manifest.ts';
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
    yaml = await readWhole(objects, manifest, ['modules'], 'open_modules');
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
    const types = ['group', 'group_gz', 'group_xz'];
    const xml = await readWhole(objects, manifest, types, 'whole_document');
    return xml === undefined ? 0 : readComps(xml, putAside).length;
  } catch (error) {
    putAside(error);
    return 0;
  }
}

/** The text of the first document of these types that the manifest has; undefined if it has none. Throws AppErrors. */
async function readWhole(
  objects: Objects,
  manifest: Manifest,
  types: string[],
  key: 'whole_document' | 'open_modules',
): Promise<string | undefined> {
  const file = types.map((t) => manifest.files.find((f) => f.type === t)).find((f) => f);
  if (!file) return undefined;
  const bytes = key === 'open_modules' ? limits.openModules : limits.wholeDocument;
  return (await readWholeDocument(objects, file, bytes, key)).toString('utf8');
}
