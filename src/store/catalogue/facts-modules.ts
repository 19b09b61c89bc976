import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../base/errors.ts';
import { cutModules, type ModuleDocument, readModuleDocument } from '../../repodata/modules.ts';
import type { Manifest } from '../objects/manifest.ts';
import type { Objects } from '../objects/objects.ts';
import type { Sqlite } from '../sqlite.ts';
import { keyOfNevra, type PackageKey } from './package-key.ts';
import { modulesFile, readModules } from './whole-documents.ts';

/** A document of modules.yaml, named by its sha256 in hexadecimal digits. */
export type ModuleFacts = { digest: string } & (StreamFacts | OtherDocument);

interface StreamFacts {
  kind: 'stream';
  name: string;
  stream: string;
  version: string;
  context: string;
  arch: string;
  artifacts: PackageKey[];
}

/** `other` is also one that cannot be read. */
type OtherDocument = Exclude<ModuleDocument, { kind: 'stream' }>;

const kept = 16;

/** Reads what the documents of modules.yaml say: of streams from the catalogue, of the others from themselves. */
export function createModuleFacts(db: Sqlite) {
  const stream = db.prepare(
    'SELECT id, name, stream, version, context, arch FROM module_stream WHERE document = ?',
  );
  const artifacts = db.prepare('SELECT nevra FROM module_artifact WHERE stream = ?').pluck();
  const known = new LRUCache<string, ModuleFacts[]>({ max: kept });

  function facts(document: string): ModuleFacts {
    const digest = hash('sha256', document, 'buffer');
    const row = stream.get(digest) as StreamRow | undefined;
    const name = digest.toString('hex');
    if (!row) return { digest: name, ...readOther(document) };
    const { id, ...rest } = row;
    const list = (artifacts.all(id) as string[]).map(keyOfNevra);
    return {
      digest: name,
      kind: 'stream',
      ...rest,
      artifacts: list.filter((key) => key !== undefined),
    };
  }

  /** The documents of a revision, in order. Throws AppErrors where they cannot be had. */
  return async (objects: Objects, manifest: Manifest): Promise<readonly ModuleFacts[]> => {
    const file = modulesFile(manifest);
    if (!file) return [];
    const before = known.get(file.sha256);
    if (before) return before;
    const yaml = await readModules(objects, file);
    const documents = cutModules(yaml).map(facts);
    known.set(file.sha256, documents);
    return documents;
  };
}

interface StreamRow {
  id: number;
  name: string;
  stream: string;
  version: string;
  context: string;
  arch: string;
}

function readOther(document: string): OtherDocument {
  try {
    const found = readModuleDocument(document);
    // A stream without a row could not be indexed, so it is as good as unread.
    return found.kind === 'stream' ? { kind: 'other' } : found;
  } catch (error) {
    if (error instanceof AppError) return { kind: 'other' };
    throw error;
  }
}
