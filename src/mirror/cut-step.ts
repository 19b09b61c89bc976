import { AppError, explain } from '../base/errors.ts';
import { announce } from '../base/steps.ts';
import type { CutDocument, Manifest, ManifestFile } from '../store/objects/manifest.ts';
import { createIngest } from './ingest.ts';
import { located } from './located.ts';
import type { GotRepomd } from './repomd-step.ts';
import type { SyncRun } from './sync-run.ts';

const inParts: readonly CutDocument[] = ['primary', 'filelists', 'other', 'updateinfo'];

/** The big documents of a revision on their way to be fragments. */
export interface Cutting {
  /** Starts on a document, if it is one that is cut. One that did not change keeps its tree. */
  add(file: ManifestFile): void;
  /** The trees of all that was added. Throws AppErrors. */
  end(): Promise<Manifest['trees']>;
  /** Waits for what is under way, whatever comes of it. */
  close(): Promise<void>;
}

/** Cuts documents into fragments while others still arrive. */
export function startCutting(
  run: SyncRun,
  { repomd, upstream }: GotRepomd,
  before: Manifest | undefined,
): Cutting {
  const { deps, source, tell, warnings } = run;
  const trees: Manifest['trees'] = {};
  const counts = new Map<CutDocument, number>();
  const ingest = createIngest(deps.dataFolder);
  const jobs: Promise<void>[] = [];

  return {
    add(file) {
      const document = inParts.find((d) => d === file.type);
      // A type that is listed twice counts where it stands first.
      if (!document || repomd.data.find((d) => d.type === document)?.href !== file.path) return;
      const job = cutOne(document, file);
      // Awaited in `end`; a failure before that is not unhandled.
      job.catch(() => {});
      jobs.push(job);
    },
    async end() {
      tell({ step: 'cut' });
      await Promise.all(jobs);
      compareCounts(run, counts);
      return trees;
    },
    async close() {
      await Promise.allSettled(jobs);
      await ingest.close();
    },
  };

  async function cutOne(document: CutDocument, file: ManifestFile): Promise<void> {
    const old = before?.files.find((f) => f.type === document);
    const oldTree = before?.trees[document];
    if (oldTree && old?.sha256 === file.sha256) {
      trees[document] = oldTree;
      return;
    }
    const data = repomd.data.find((d) => d.type === document)!;
    const job = {
      source: source.label,
      document,
      sha256: file.sha256,
      what: upstream.shown + file.path,
      base: oldTree,
      openChecksum: data.openChecksum,
    };
    try {
      const count = document === 'primary' ? (n: number) => tell({ packages: n }) : undefined;
      const result = await ingest.run(job, count);
      announce(source.label, 'document cut');
      trees[document] = result.tree;
      counts.set(document, result.elements);
      if (document === 'primary' || document === 'updateinfo') {
        await deps.catalogue.prepare(document, result.tree);
        announce(source.label, 'rows prepared');
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
