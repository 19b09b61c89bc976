import { createHash, hash } from 'node:crypto';
import type { Checksum } from '../base/digest.ts';
import { AppError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { announce } from '../base/steps.ts';
import { openDocument } from '../repodata/codec.ts';
import { createCutter } from '../repodata/cutter.ts';
import type { CutDocument } from '../store/objects/manifest.ts';
import { createObjects } from '../store/objects/objects.ts';
import { createPackWriter, type PackReader } from '../store/objects/pack.ts';
import { addToRuns, putTree, type Run, readTree, withPacks } from '../store/objects/tree.ts';
import { dataPaths } from '../store/paths.ts';
import { serveCalls } from '../store/worker-calls.ts';
import { packsToKeep } from './known-packs.ts';

/** A document to cut into fragments: those that are not taken over from another tree go into a new pack. */
export interface IngestJob {
  /** The source's label. */
  source: string;
  document: CutDocument;
  /** The document's object, and its name for errors. */
  sha256: string;
  what: string;
  /** The tree whose packs are taken over, as far as they are worth it (known-packs.ts). */
  base: string | undefined;
  openChecksum: Checksum | undefined;
}

export interface IngestResult {
  tree: string;
  /** Elements in the document, and those of them that no pack held. */
  elements: number;
  fresh: number;
  /** Compressed bytes of the new pack; 0 if there is none. */
  packBytes: number;
  openBytes: number;
  /** `packages` of the root tag. */
  declared: number | undefined;
  openChecksumWrong: boolean;
}

const roots: Record<CutDocument, string> = {
  primary: 'metadata',
  filelists: 'filelists',
  other: 'otherdata',
  updateinfo: 'updates',
};

const hashNames: Record<string, string> = { sha: 'sha1' };
const progressEvery = 5000;

serveCalls<{ root: string }, IngestJob, IngestResult, number>(({ root }) => {
  const objects = createObjects(dataPaths(root));

  return async (job, progress) => {
    const known = new Map<string, [pack: string, index: number]>();
    if (job.base !== undefined) {
      const { runs } = await readTree(objects, job.base);
      await withPacks(objects, async (open) => {
        const packs = new Map<string, PackReader>();
        for (const [name] of runs) if (!packs.has(name)) packs.set(name, await open(name));
        for (const name of packsToKeep(runs, (pack) => packs.get(pack)!.count)) {
          const pack = packs.get(name)!;
          for (let i = 0; i < pack.count; i++) known.set(pack.name(i), [name, i]);
        }
      });
    }
    const target = await objects.incoming();
    try {
      const pack = createPackWriter((bytes) => target.write(bytes));
      const runs: Run[] = [];
      const toName = 'new';
      let elements = 0;
      const cutter = createCutter(
        { what: job.what, root: roots[job.document], maxElement: limits.element },
        (bytes) => {
          const sha256 = hash('sha256', bytes);
          let place = known.get(sha256);
          if (!place) {
            place = [toName, pack.count];
            known.set(sha256, place);
            pack.add(bytes, sha256, boundaryOf(bytes, job.document, sha256));
          }
          addToRuns(runs, ...place);
          if (elements >= limits.packages && job.document !== 'updateinfo') throw tooMany(job.what);
          if (++elements % progressEvery === 0) progress(elements);
        },
      );
      const opened =
        job.openChecksum && createHash(hashNames[job.openChecksum.type] ?? job.openChecksum.type);
      let openBytes = 0;
      const bounds = { bytes: limits.openDocument, ratio: limits.openRatio };
      for await (const chunk of openDocument(await objects.stream(job.sha256), job.what, bounds)) {
        opened?.update(chunk);
        openBytes += chunk.length;
        cutter.push(chunk);
      }
      const frame = cutter.end();
      const fresh = pack.count;
      if (fresh > 0) {
        await pack.end();
        const { sha256 } = await target.commit();
        announce(job.source, 'pack committed');
        for (const run of runs) if (run[0] === toName) run[0] = sha256;
      }
      const tree = await putTree(objects, { ...frame, runs });
      announce(job.source, 'tree put');
      return {
        tree,
        elements,
        fresh,
        packBytes: fresh > 0 ? target.written : 0,
        openBytes,
        declared: declaredCount(frame.open),
        openChecksumWrong: opened !== undefined && opened.digest('hex') !== job.openChecksum!.value,
      };
    } finally {
      await target.discard();
    }
  };
});

/**
 * The number that decides whether a group of fragments ends here: the first 8 digits of the pkgid, so that primary,
 * filelists and other are cut at the same packages; of the fragment's own name where there is no pkgid.
 */
function boundaryOf(bytes: Buffer, document: CutDocument, sha256: string): number {
  if (document !== 'updateinfo') {
    const mark = document === 'primary' ? 'pkgid="YES">' : 'pkgid="';
    const at = bytes.indexOf(mark, 0, 'latin1');
    const number = Number.parseInt(
      bytes.toString('latin1', at + mark.length, at + mark.length + 8),
      16,
    );
    if (at >= 0 && Number.isInteger(number)) return number;
  }
  return Number.parseInt(sha256.slice(0, 8), 16);
}

const tooMany = (what: string) =>
  new AppError('limit', `${what} has more than ${limits.packages} packages`, {
    hint: 'check the address; limits.packages allows more',
  });

function declaredCount(open: string): number | undefined {
  const match = /\spackages=["'](\d{1,9})["']/.exec(open);
  return match ? Number(match[1]) : undefined;
}
