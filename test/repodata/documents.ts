import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, type ErrorKind } from '../../src/base/errors.ts';
import { openDocument } from '../../src/repodata/codec.ts';
import { createCutter } from '../../src/repodata/cutter.ts';
import { readRepomd } from '../../src/repodata/repomd.ts';
import { corpus, projectRoot } from '../support/tools.ts';

const enough = { bytes: 1 << 30, ratio: 1000 };

/** A repository to read: a folder that holds `repodata/repomd.xml`. */
export interface Repository {
  name: string;
  folder: string;
}

const repositoriesIn = (parent: string): Repository[] =>
  readdirSync(parent)
    .map((name) => ({ name, folder: join(parent, name) }))
    .filter(({ folder }) => existsSync(join(folder, 'repodata/repomd.xml')));

export const fixtures = repositoriesIn(join(projectRoot, 'fixtures/repodata'));
/** The fixtures, and the repositories of the corpus where it is. */
export const repositories = [...fixtures, ...(corpus ? repositoriesIn(join(corpus, 'repos')) : [])];

/** What a repository's repomd.xml lists under a type, decompressed; undefined if it lists or has no such file. */
export async function documentOf(repo: Repository, type: string): Promise<Buffer | undefined> {
  const repomd = readRepomd(readFileSync(join(repo.folder, 'repodata/repomd.xml'), 'utf8'));
  const href = repomd.data.find((d) => d.type === type)?.href;
  if (!href || !existsSync(join(repo.folder, href))) return undefined;
  return opened(readFileSync(join(repo.folder, href)));
}

async function opened(bytes: Buffer): Promise<Buffer> {
  async function* source() {
    yield bytes;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of openDocument(source(), 'a document', enough))
    chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** The elements below a document's root; of more than 500 as many, spread evenly. */
export async function elementsOf(repo: Repository, type: string, root: string): Promise<Buffer[]> {
  const elements: Buffer[] = [];
  const cutter = createCutter({ what: type, root, maxElement: 1 << 26 }, (bytes) => {
    elements.push(Buffer.from(bytes));
  });
  const document = await documentOf(repo, type);
  if (!document) return [];
  cutter.push(document);
  cutter.end();
  const step = Math.max(1, elements.length / 500);
  return elements.filter((_, i) => i % step < 1);
}

/** The same element with a comment before its end tag, which only the full XML parser reads. */
export function commented(element: Buffer): Buffer {
  const end = element.lastIndexOf('</');
  return Buffer.concat([element.subarray(0, end), Buffer.from('<!-- -->'), element.subarray(end)]);
}

/** The kind of the AppError that this throws; undefined if it throws nothing. Any other error is thrown on. */
export function failure(run: () => unknown): ErrorKind | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error.kind;
    throw error;
  }
  return undefined;
}
