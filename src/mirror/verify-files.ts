import { limits } from '../base/limits.ts';
import { inspect } from '../store/objects/inspect.ts';
import {
  type CutDocument,
  findManifest,
  type Manifest,
  type ManifestFile,
} from '../store/objects/manifest.ts';
import { readTree } from '../store/objects/tree.ts';
import { bound, fetchObject } from './fetch.ts';
import { createIngest, type Ingest } from './ingest.ts';
import { findMirrors, type Mirrors } from './mirrors.ts';
import { recut } from './recut.ts';
import { type Problem, reasonOf, type Verification } from './verify.ts';

/** Verifies the manifest of a revision, upstream's files as they came, the trees and the packs. */
export async function verifyFiles(v: Verification): Promise<void> {
  const { deps, revision } = v;
  const name = { kind: 'manifest', path: `revision ${revision.number}` } as const;
  // Only a sync makes another; until then this one may be good for something still.
  await look(v, { ...name, sha256: revision.manifest }, async (problem) => {
    problem.reason = 'what the revision consisted of is known no more';
  });
  const manifest = await findManifest(deps.objects, revision.manifest);
  if (!manifest) return;
  v.tell({ totalBytes: manifest.files.reduce((sum, { size }) => sum + size, 0) });
  let mirrors: Promise<Mirrors> | undefined;
  for (const file of manifest.files) {
    const { path, sha256 } = file;
    await look(v, { kind: 'document', path, sha256 }, async (problem) => {
      mirrors ??= findMirrors(v.source!, { signal: v.signal });
      await fetchAgain(v, await mirrors, file);
      problem.repair = 'fetched';
    });
  }
  const ingest = createIngest(deps.dataFolder);
  try {
    for (const [document, tree] of Object.entries(manifest.trees) as [CutDocument, string][]) {
      await verifyTree(v, { ingest, manifest, document, tree });
    }
  } finally {
    await ingest.close();
  }
}

async function verifyTree(
  v: Verification,
  cut: { ingest: Ingest; manifest: Manifest; document: CutDocument; tree: string },
): Promise<void> {
  const { ingest, manifest, document, tree } = cut;
  const { objects } = v.deps;
  const cutAnew = async (problem: Problem) => {
    const what = { label: v.label, document, name: problem.sha256 };
    const hadDocument = await recut({ objects, ingest }, manifest, what);
    const { state } = await inspect(objects, problem.sha256, v);
    if (state === 'intact') problem.repair = 'cut';
    else if (!hadDocument) problem.reason = 'the document that it was cut from is kept no more';
    else problem.reason = 'cutting its document anew gave other fragments';
  };
  const found = { path: document, sha256: tree };
  if (!(await look(v, { kind: 'tree', ...found }, cutAnew))) return;
  const { runs } = await readTree(objects, tree);
  for (const sha256 of new Set(runs.map(([pack]) => pack))) {
    await look(v, { kind: 'pack', path: document, sha256 }, cutAnew);
  }
}

/**
 * Verifies one object, and calls `mend` where it is broken and may be repaired. Gives whether it is intact afterwards. What
 * stays damaged is removed, so that nobody is served it and the next sync makes it again.
 */
async function look(
  v: Verification,
  what: Pick<Problem, 'kind' | 'path' | 'sha256'>,
  mend: (problem: Problem) => Promise<void>,
): Promise<boolean> {
  const { state, remove } = await inspect(v.deps.objects, what.sha256, v);
  v.report.objects++;
  if (state === 'intact') return true;
  const problem: Problem = { ...what, problem: state, repair: null, reason: null };
  v.report.problems.push(problem);
  if (!v.repair) return false;
  v.tell({ step: 'repair' });
  try {
    // Trees and packs are made by threads that keep what they find; an upstream's file is replaced in one step.
    if (what.kind === 'tree' || what.kind === 'pack') await remove();
    await mend(problem);
  } catch (error) {
    problem.reason = reasonOf(error);
  }
  if (problem.repair === null && state === 'damaged' && what.kind !== 'manifest') {
    await remove();
    problem.repair = 'removed';
  }
  v.tell({ step: 'verify' });
  return problem.repair === 'fetched' || problem.repair === 'cut';
}

async function fetchAgain(v: Verification, mirrors: Mirrors, file: ManifestFile): Promise<void> {
  const { path, sha256, size } = file;
  const checksum = { type: 'sha256', value: sha256 } as const;
  const wanted = { path, checksum, limit: bound(limits.document, size), size };
  await fetchObject(v.deps, mirrors, wanted, { signal: v.signal, commit: { replace: true } });
}
