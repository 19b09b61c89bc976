import { hash } from 'node:crypto';
import { limits } from '../../base/limits.ts';
import {
  type ModuleDefault,
  type ModuleRequires,
  readModuleDefault,
  readModuleRequires,
} from '../../repodata/module-dependencies.ts';
import { cutModules } from '../../repodata/modules.ts';
import type { Manifest } from '../objects/manifest.ts';
import type { Objects } from '../objects/objects.ts';
import { readWholeDocument } from '../objects/whole-document.ts';
import type { Sqlite } from '../sqlite.ts';

/** One build of a module's stream. */
export interface StreamBuild {
  name: string;
  stream: string;
  version: string;
  context: string;
  /** name-epoch:version-release.arch each. */
  artifacts: string[];
  requires: ModuleRequires[];
}

export interface ModulesOf {
  builds: StreamBuild[];
  defaults: ModuleDefault[];
}

/** The documents of a manifest's modules document that are wanted, by their sha256; those that cannot be read are left out. */
export async function modulesOf(
  { db, objects }: { db: Sqlite; objects: Objects },
  manifest: Manifest,
  wanted: ReadonlySet<string> | 'all',
): Promise<ModulesOf> {
  const found: ModulesOf = { builds: [], defaults: [] };
  const file = manifest.files.find((f) => f.type === 'modules');
  if (!file) return found;
  const byDocument = db.prepare(
    'SELECT id, name, stream, version, context FROM module_stream WHERE document = ?',
  );
  const artifacts = db.prepare('SELECT nevra FROM module_artifact WHERE stream = ?').pluck();
  const bytes = await readWholeDocument(objects, file, limits.openModules, 'open_modules');
  for (const document of cutModules(bytes.toString('utf8'))) {
    const name = hash('sha256', document, 'buffer');
    if (wanted !== 'all' && !wanted.has(name.toString('hex'))) continue;
    const row = byDocument.get(name) as (StreamBuild & { id: number }) | undefined;
    if (row) {
      const { id, ...build } = row;
      const nevras = (artifacts.all(id) as string[]).map(withEpoch);
      found.builds.push({ ...build, artifacts: nevras, requires: readModuleRequires(document) });
      continue;
    }
    const one = readModuleDefault(document);
    if (one) found.defaults.push(one);
  }
  return found;
}

/** modulemd wants the epoch; where it is left out it is 0. */
const withEpoch = (nevra: string): string =>
  /-\d+:[^-]+-[^-]+$/.test(nevra) ? nevra : nevra.replace(/-([^-]+-[^-]+)$/, '-0:$1');
