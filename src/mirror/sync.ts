import { hash } from 'node:crypto';
import pLimit from 'p-limit';
import { sameChecksum } from '../base/digest.ts';
import { AppError, explain } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Source } from '../base/source.ts';
import { type Repomd, type RepomdData, readRepomd } from '../repodata/repomd.ts';
import type { Catalogue } from '../store/catalogue/catalogue.ts';
import type { IndexResult } from '../store/catalogue/indexing.ts';
import {
  type CutDocument,
  type Manifest,
  type ManifestFile,
  putManifest,
  readManifest,
} from '../store/objects/manifest.ts';
import { readTree } from '../store/objects/tree.ts';
import type { Revision, RevisionTable } from '../store/state/revisions.ts';
import type { SyncTable } from '../store/state/syncs.ts';
import { type FetchDeps, fetchObject } from './fetch.ts';
import { createIngest, type Ingest } from './ingest.ts';
import { matchesMetalink } from './metalink-check.ts';
import { findMirrors, type Mirrors, readSmall, withMirrors } from './mirrors.ts';
import { fetchPackages } from './packages.ts';
import { together } from './together.ts';
import { checkRepomd } from './trust.ts';
import type { Upstream } from './upstream.ts';

export interface SyncDeps extends FetchDeps {
  dataFolder: string;
  catalogue: Catalogue;
  revisions: RevisionTable;
  syncs: SyncTable;
}

export interface SyncOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: SyncProgress) => void) | undefined;
  /** Takes a repomd.xml that is older than the one we have. */
  allowOlder?: boolean | undefined;
}

/** How far a sync is. Bytes as fetched; totals where they are known. */
export interface SyncProgress {
  step: 'repomd' | 'fetch' | 'cut' | 'index' | 'packages';
  bytes: number;
  totalBytes: number;
  packages: number;
}

/** What a sync came to. */
export interface SyncReport {
  outcome: 'updated' | 'unchanged';
  bytes: number;
  warnings: string[];
  revision: Revision | undefined;
  index: IndexResult | undefined;
}

/** Documents that a client cannot do without if repomd.xml lists them. */
const needed: ReadonlySet<string> = new Set(['primary', 'filelists', 'updateinfo', 'modules']);
const cutDocuments: readonly CutDocument[] = ['primary', 'filelists', 'other', 'updateinfo'];

/**
 * Brings a source up to its upstream: objects, then the manifest, then catalogue rows, then the ref. Starts again when
 * the upstream changes in the middle. Throws AppErrors; what was served before is served still.
 */
export async function syncSource(
  deps: SyncDeps,
  source: Source,
  options: SyncOptions = {},
): Promise<SyncReport> {
  const mirrors = await findMirrors(source, options);
  for (let restart = 0; ; restart++) {
    const run = createRun(deps, source, mirrors, options);
    try {
      return await run.sync();
    } catch (error) {
      const disagrees =
        error instanceof AppError && (error.kind === 'checksum' || error.kind === 'refused');
      if (!disagrees || restart >= limits.restarts || !(await run.upstreamMovedOn())) throw error;
    }
  }
}

function createRun(deps: SyncDeps, source: Source, mirrors: Mirrors, options: SyncOptions) {
  const { objects, revisions, syncs, catalogue } = deps;
  const { signal } = options;
  const warnings: string[] = [];
  const progress: SyncProgress = { step: 'repomd', bytes: 0, totalBytes: 0, packages: 0 };
  const tell = (change: Partial<SyncProgress>) => {
    Object.assign(progress, change);
    options.onProgress?.({ ...progress });
  };
  const onBytes = (count: number) => tell({ bytes: progress.bytes + count });
  let repomdBytes: Buffer | undefined;

  async function sync(): Promise<SyncReport> {
    const current = await revisions.current(source.label);
    const before = current && (await readManifest(objects, current.manifest));
    const got = await fetchRepomd(before !== undefined);
    if (!got || (before && isSame(before, got.bytes))) {
      if (current) await mirrorPackages(current);
      if (got) await remember(got);
      return report('unchanged', current, undefined);
    }
    repomdBytes = got.bytes;
    const signature = await fetchSignature(got.upstream);
    const trust = await checkRepomd(source, got.bytes, signature, { signal });
    if (trust.result === 'unverified')
      warnings.push(`the signature was not checked: ${trust.reason}`);
    const repomd = readRepomd(got.bytes.toString('utf8'));
    requirePrimary(repomd);
    const newest = Math.max(0, ...repomd.data.map((d) => d.timestamp ?? 0));
    refuseOlder(newest, before);

    const files = [
      ...(await ownFiles(got.bytes, signature)),
      ...(await fetchDocuments(repomd, before)),
    ];
    const trees = await cut(repomd, files, before);
    throwIfCancelled();
    const manifest = await putManifest(objects, {
      parents: current ? [current.manifest] : [],
      upstreamRevision: repomd.revision,
      newest,
      files,
      trees,
      trust,
    });

    tell({ step: 'index' });
    const number = await revisions.reserve(source.label);
    const base = current?.number ?? 0;
    const index = await catalogue.index({ label: source.label, base, revision: number, manifest });
    if (index.elsewhere > 0) {
      warnings.push(
        `${index.elsewhere} packages lie at another address (xml:base); clients fetch them from there`,
      );
    }
    tell({ packages: index.packages });
    throwIfCancelled();
    const revision = await revisions.publish(source.label, number, manifest);
    await remember(got);
    await mirrorPackages(revision);
    return report('updated', revision, index);
  }

  const report = (
    outcome: SyncReport['outcome'],
    revision: Revision | undefined,
    index: IndexResult | undefined,
  ): SyncReport => ({ outcome, bytes: progress.bytes, warnings, revision, index });

  function throwIfCancelled(): void {
    if (signal?.aborted) throw new AppError('cancelled', 'the sync was cancelled');
  }

  /** repomd.xml and the mirror that gave it; undefined if it is the one that we have. */
  async function fetchRepomd(conditional: boolean) {
    tell({ step: 'repomd' });
    return withMirrors(mirrors, signal, async (upstream) => {
      const validators = conditional
        ? await syncs.validator(source.label, upstream.shown)
        : undefined;
      const answer = await upstream.get('repodata/repomd.xml', { signal, validators });
      if (answer.status === 'not_modified') return undefined;
      const bytes = await readSmall(answer, answer.url);
      onBytes(bytes.length);
      if (mirrors.repomd && !matchesMetalink(bytes, mirrors.repomd)) {
        throw new AppError('checksum', `${answer.url} is not what the metalink announced`, {
          hint: 'the mirror is behind or damaged: try again later',
        });
      }
      return { bytes, upstream, etag: answer.etag, lastModified: answer.lastModified };
    });
  }

  /** Notes what upstream said of the repomd.xml that we now have. */
  async function remember(got: {
    upstream: Upstream;
    etag: string | undefined;
    lastModified: string | undefined;
  }) {
    await syncs.setValidator(source.label, got.upstream.shown, got);
  }

  async function fetchSignature(upstream: Upstream): Promise<Buffer | undefined> {
    const path = 'repodata/repomd.xml.asc';
    try {
      return await withMirrors({ list: [upstream], repomd: undefined }, signal, async (u) =>
        readSmall(await u.get(path, { signal }), path),
      );
    } catch (error) {
      if (error instanceof AppError && error.kind === 'refused') return undefined;
      throw error;
    }
  }

  function refuseOlder(newest: number, before: Manifest | undefined): void {
    if (!before || options.allowOlder || newest >= before.newest) return;
    const day = (seconds: number) => new Date(seconds * 1000).toISOString();
    throw new AppError(
      'invalid',
      `source ${source.label}: upstream has a repomd.xml of ${day(newest)}, older than ours of ${day(before.newest)}`,
      { hint: 'its mirror may be behind; sync with --allow-older to take it all the same' },
    );
  }

  /** repomd.xml and its signature as files of the revision. */
  async function ownFiles(bytes: Buffer, signature: Buffer | undefined): Promise<ManifestFile[]> {
    const file = async (path: string, type: string, content: Buffer): Promise<ManifestFile> => ({
      path,
      type,
      sha256: await objects.put(content),
      size: content.length,
      checksum: undefined,
    });
    const files = [await file('repodata/repomd.xml', 'repomd', bytes)];
    if (signature) files.push(await file('repodata/repomd.xml.asc', 'signature', signature));
    return files;
  }

  /** The documents that repomd.xml lists: those that we have already, and the others fetched, several at a time. */
  async function fetchDocuments(
    repomd: Repomd,
    before: Manifest | undefined,
  ): Promise<ManifestFile[]> {
    const held = new Map<RepomdData, ManifestFile>();
    for (const data of repomd.data) {
      const file = await findHeld(data, before);
      if (file) held.set(data, file);
    }
    const missing = repomd.data.filter((d) => !held.has(d));
    tell({ step: 'fetch', totalBytes: missing.reduce((sum, d) => sum + (d.size ?? 0), 0) });
    const slots = pLimit(limits.parallelFetches);
    const fetched = await together(signal, missing, (data, stop) =>
      slots(() => fetchDocument(data, stop)),
    );
    return [...held.values(), ...fetched.filter((f) => f !== undefined)];
  }

  async function findHeld(
    data: RepomdData,
    before: Manifest | undefined,
  ): Promise<ManifestFile | undefined> {
    const { checksum } = data;
    if (!checksum) return undefined;
    const known = before?.files.find((f) => f.checksum && sameChecksum(f.checksum, checksum));
    const sha256 = checksum.type === 'sha256' ? checksum.value : known?.sha256;
    const object = sha256 ? await objects.find(sha256) : undefined;
    return (
      object && {
        path: data.href,
        type: data.type,
        sha256: object.sha256,
        size: object.size,
        checksum,
      }
    );
  }

  async function fetchDocument(
    data: RepomdData,
    stop: AbortSignal,
  ): Promise<ManifestFile | undefined> {
    const { href: path, type, checksum } = data;
    try {
      const wanted = { path, checksum, limit: limits.document, size: data.size };
      const { sha256, size } = await fetchObject(deps, mirrors, wanted, { signal: stop, onBytes });
      if (!checksum) warnings.push(`repomd.xml gives no checksum for ${type}`);
      if (data.size !== undefined && data.size !== size) {
        warnings.push(`repomd.xml gives ${data.size} as the size of ${type}; it has ${size}`);
      }
      return { path, type, sha256, size, checksum };
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'refused' || needed.has(type)) throw error;
      warnings.push(`${type} is listed but missing upstream: ${explain(error)}`);
      return undefined;
    }
  }

  /** Cuts the big documents into fragments; a document that did not change keeps its tree. */
  async function cut(
    repomd: Repomd,
    files: ManifestFile[],
    before: Manifest | undefined,
  ): Promise<Manifest['trees']> {
    const trees: Manifest['trees'] = {};
    const counts = new Map<CutDocument, number>();
    const jobs = cutDocuments
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
    compareCounts(counts);
    return trees;

    async function cutOne(ingest: Ingest, document: CutDocument, file: ManifestFile) {
      const old = before?.files.find((f) => f.type === document);
      const oldTree = before?.trees[document];
      if (oldTree && old?.sha256 === file.sha256) {
        trees[document] = oldTree;
        return;
      }
      const data = repomd.data.find((d) => d.type === document)!;
      const packs = oldTree ? (await readTree(objects, oldTree)).runs.map(([pack]) => pack) : [];
      const job = {
        document,
        sha256: file.sha256,
        what: `source ${source.label}: ${file.path}`,
        packs: [...new Set(packs)],
        openChecksum: data.openChecksum,
      };
      try {
        const count = document === 'primary' ? (n: number) => tell({ packages: n }) : undefined;
        const result = await ingest.run(job, count);
        trees[document] = result.tree;
        counts.set(document, result.elements);
        if (result.openChecksumWrong) warnings.push(`the open-checksum of ${document} is wrong`);
        if (
          document === 'primary' &&
          result.declared !== undefined &&
          result.declared !== result.elements
        ) {
          warnings.push(
            `primary says it has ${result.declared} packages; it has ${result.elements}`,
          );
        }
      } catch (error) {
        if (!(error instanceof AppError) || needed.has(document)) throw error;
        warnings.push(`${document} cannot be read: ${explain(error)}`);
      }
    }
  }

  function compareCounts(counts: Map<CutDocument, number>): void {
    const primary = counts.get('primary');
    for (const document of ['filelists', 'other'] as const) {
      const count = counts.get(document);
      if (primary !== undefined && count !== undefined && count !== primary) {
        warnings.push(`${document} has ${count} packages, primary ${primary}`);
      }
    }
  }

  async function mirrorPackages(revision: Revision): Promise<void> {
    if (source.packages !== 'immediate') return;
    const packages = [...catalogue.packages(source.label, revision.number)];
    tell({ step: 'packages', packages: 0 });
    let done = 0;
    const failed = await fetchPackages(deps, mirrors, packages, {
      signal,
      onBytes,
      onPackage: () => tell({ packages: ++done }),
    });
    if (failed.length > 0) {
      const first = failed[0]!;
      warnings.push(
        `${failed.length} packages could not be fetched, the first being ${first.location}: ${first.reason}`,
      );
    }
  }

  /** Whether repomd.xml is another by now than the one that this run works on. */
  async function upstreamMovedOn(): Promise<boolean> {
    if (!repomdBytes) return false;
    const got = await fetchRepomd(false).catch(() => undefined);
    return got !== undefined && !got.bytes.equals(repomdBytes);
  }

  return { sync, upstreamMovedOn };
}

function isSame(before: Manifest, repomd: Buffer): boolean {
  const sha256 = hash('sha256', repomd);
  return before.files.some((f) => f.type === 'repomd' && f.sha256 === sha256);
}

function requirePrimary(repomd: Repomd): void {
  const has = (type: string) => repomd.data.some((d) => d.type === type);
  if (has('primary')) return;
  const why = has('primary_db')
    ? 'it has only the SQLite form of primary (primary_db), and no primary.xml'
    : 'its repomd.xml lists no primary document';
  throw new AppError('invalid', `this repository cannot be mirrored: ${why}`);
}
