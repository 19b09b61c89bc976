import { hash } from 'node:crypto';
import { AppError } from '../../base/errors.ts';
import { type ModuleRequires, readModuleRequires } from '../../repodata/module-dependencies.ts';
import { cutModules, readModuleDocument } from '../../repodata/modules.ts';
import type { Manifest } from '../objects/manifest.ts';
import type { Objects } from '../objects/objects.ts';
import type { Sqlite } from '../sqlite.ts';
import { modulesFile, readModules } from './whole-documents.ts';

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
  /** The streams that machines use which were told nothing; undefined where a module has default profiles alone. */
  defaults: { module: string; stream: string | undefined }[];
}

/** The documents of a manifest's modules document that are wanted, by their sha256; those that cannot be read are left out. */
export async function modulesOf(
  { db, objects }: { db: Sqlite; objects: Objects },
  manifest: Manifest,
  wanted: ReadonlySet<string> | 'all',
): Promise<ModulesOf> {
  const found: ModulesOf = { builds: [], defaults: [] };
  const file = modulesFile(manifest);
  if (!file) return found;
  const byDocument = db.prepare(
    'SELECT id, name, stream, version, context FROM module_stream WHERE document = ?',
  );
  const artifacts = db.prepare('SELECT nevra FROM module_artifact WHERE stream = ?').pluck();
  for (const document of cutModules(await readModules(objects, file))) {
    const name = hash('sha256', document, 'buffer');
    if (wanted !== 'all' && !wanted.has(name.toString('hex'))) continue;
    const row = byDocument.get(name) as (StreamBuild & { id: number }) | undefined;
    if (row) {
      const { id, ...build } = row;
      const nevras = (artifacts.all(id) as string[]).map(withEpoch);
      found.builds.push({ ...build, artifacts: nevras, requires: readModuleRequires(document) });
      continue;
    }
    const one = defaultOf(document);
    if (one) found.defaults.push(one);
  }
  return found;
}

function defaultOf(document: string): ModulesOf['defaults'][number] | undefined {
  // Most of the others are long, and take long to read.
  if (!document.includes('modulemd-defaults')) return undefined;
  try {
    const read = readModuleDocument(document);
    return read.kind === 'defaults' ? { module: read.name, stream: read.stream } : undefined;
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** modulemd wants the epoch; where it is left out it is 0. */
const withEpoch = (nevra: string): string =>
  /-\d+:[^-]+-[^-]+$/.test(nevra) ? nevra : nevra.replace(/-([^-]+-[^-]+)$/, '-0:$1');
