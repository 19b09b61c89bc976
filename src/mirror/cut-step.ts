import { AppError, explain } from '../base/errors.ts';
import type { CutDocument, Manifest, ManifestFile } from '../store/objects/manifest.ts';
import { readTree } from '../store/objects/tree.ts';
import { createIngest, type Ingest } from './ingest.ts';
import { located } from './located.ts';
import type { GotRepomd } from './repomd-step.ts';
import type { SyncRun } from './sync-run.ts';
import { together } from './together.ts';

const inParts: readonly CutDocument[] = ['primary', 'filelists', 'other', 'updateinfo'];

/** Cuts the big documents into fragments; a document that did not change keeps its tree. */
export async function cutDocuments(
  run: SyncRun,
  { repomd, upstream }: GotRepomd,
  files: ManifestFile[],
  before: Manifest | undefined,
): Promise<Manifest['trees']> {
  const { deps, signal, tell, warnings } = run;
  const trees: Manifest['trees'] = {};
  const counts = new Map<CutDocument, number>();
  const jobs = inParts
    .map((document) => ({ document, file: files.find((f) => f.type === document) }))
    .filter((job): job is { document: CutDocument; file: ManifestFile } => job.file !== undefined)
    .sort((a, b) => b.file.size - a.file.size);
  tell({ step: 'cut' });
  const ingest = createIngest(deps.dataFolder);
  try {
    await together(signal, jobs, ({ document, file }) => cutOne(ingest, document, file));
  } finally {
    await ingest.close();
  }
  compareCounts(run, counts);
  return trees;

  async function cutOne(ingest: Ingest, document: CutDocument, file: ManifestFile) {
    const old = before?.files.find((f) => f.type === document);
    const oldTree = before?.trees[document];
    if (oldTree && old?.sha256 === file.sha256) {
      trees[document] = oldTree;
      return;
    }
    const data = repomd.data.find((d) => d.type === document)!;
    const packs = oldTree ? (await readTree(deps.objects, oldTree)).runs.map(([pack]) => pack) : [];
    const job = {
      document,
      sha256: file.sha256,
      what: upstream.shown + file.path,
      packs: [...new Set(packs)],
      openChecksum: data.openChecksum,
    };
    try {
      const count = document === 'primary' ? (n: number) => tell({ packages: n }) : undefined;
      const result = await ingest.run(job, count);
      trees[document] = result.tree;
      counts.set(document, result.elements);
      if (document === 'primary' || document === 'updateinfo') {
        await deps.catalogue.prepare(document, result.tree);
      }
      if (result.openChecksumWrong) warnings.push(`the open-checksum of ${document} is wrong`);
      if (
        document === 'primary' &&
        result.declared !== undefined &&
        result.declared !== result.elements
      ) {
        warnings.push(`primary says it has ${result.declared} packages; it has ${result.elements}`);
      }
    } catch (error) {
      if (!(error instanceof AppError) || document === 'primary' || error.kind !== 'invalid')
        throw located(error, job.what);
      // yum and dnf go on with what they can read of these.
      warnings.push(`${document} cannot be read: ${explain(error)}`);
    }
  }
}

function compareCounts({ warnings }: SyncRun, counts: Map<CutDocument, number>): void {
  const primary = counts.get('primary');
  for (const document of ['filelists', 'other'] as const) {
    const count = counts.get(document);
    if (primary !== undefined && count !== undefined && count !== primary) {
      warnings.push(`${document} has ${count} packages, primary ${primary}`);
    }
  }
}
