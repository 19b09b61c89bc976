import { posix } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { MirroredSource, Source } from '../base/source.ts';
import type { Catalogue, PackageFile } from '../store/catalogue/catalogue.ts';
import {
  findManifest,
  type KeyFile,
  keysOf,
  type Manifest,
  type ManifestFile,
  readManifest,
} from '../store/objects/manifest.ts';
import type { Objects } from '../store/objects/objects.ts';
import type { Revision, RevisionTable } from '../store/state/revisions.ts';
import { createDeltas } from './deltas.ts';
import { mirroredOrigins } from './signing/origins.ts';

/** What a client finds at a path of a channel. */
export type Found =
  | {
      kind: 'document';
      sha256: string;
      size: number;
      path: string;
      lastModified: Date;
      /** Whether the URL names the digest, so that it never means other bytes. */
      immutable: boolean;
    }
  | { kind: 'package'; source: MirroredSource; pkg: PackageFile };

export interface ChannelsDeps {
  revisions: RevisionTable;
  catalogue: Catalogue;
  objects: Objects;
  /** The source of a label, or undefined. */
  source(label: string): Source | undefined;
  /** How long files of superseded revisions stay readable, in milliseconds. */
  grace(): number;
}

interface View {
  current: Revision;
  manifest: Manifest;
  files: Map<string, { file: ManifestFile; revision: Revision; until: number }>;
  /** Revisions whose packages may be asked for, with the time until which. */
  oldest: { number: number; until: number }[];
}

/** What clients see of each source: its current revision, and for a while what it superseded. */
export function createChannels(deps: ChannelsDeps) {
  const views = new LRUCache<string, { view: Promise<View | undefined> }>({ max: 1000 });

  const deltas = createDeltas(deps.objects);

  /** Looks a path of a channel up: percent-decoded, as it stands in the repository. */
  async function find(label: string, path: string): Promise<Found | undefined> {
    const source = deps.source(label);
    const view = source && (await viewOf(label));
    if (!view) return undefined;
    const entry = view.files.get(path);
    if (entry && entry.until > Date.now()) {
      const { file, revision } = entry;
      return {
        kind: 'document',
        sha256: file.sha256,
        size: file.size,
        path,
        lastModified: new Date(revision.publishedAt),
        immutable: file.checksum !== undefined && path.includes(file.checksum.value),
      };
    }
    if (path.startsWith('repodata/') || source.kind !== 'mirrored') return undefined;
    const now = Date.now();
    const oldest = view.oldest.findLast((r) => r.until > now)?.number ?? view.current.number;
    const newest = view.current.number;
    const pkg =
      deps.catalogue.packageAt(label, path, oldest, newest) ??
      deps.catalogue.packageAt(label, `./${path}`, oldest, newest) ??
      (await deltaAt(source, view, path));
    return pkg && { kind: 'package', source, pkg };
  }

  /** A delta rpm carries another's signature: where signatures count, none is served. */
  async function deltaAt(source: Source, view: View, path: string) {
    if (source.kind !== 'mirrored' || source.verifyPackages === 'signature') return undefined;
    const listed = [...view.files.values()].filter(({ until }) => until > Date.now());
    return deltas.find(
      listed.map(({ file }) => file),
      path,
    );
  }

  function viewOf(label: string): Promise<View | undefined> {
    let entry = views.get(label);
    if (!entry) {
      entry = { view: load(label) };
      views.set(label, entry);
      entry.view.catch(() => views.delete(label));
    }
    return entry.view;
  }

  async function load(label: string): Promise<View | undefined> {
    const current = await deps.revisions.current(label);
    if (!current) return undefined;
    const grace = deps.grace();
    const superseded = await deps.revisions.supersededSince(label, new Date(Date.now() - grace));
    const files: View['files'] = new Map();
    const oldest: View['oldest'] = [];
    const manifest = await readManifest(deps.objects, current.manifest);
    const add = (revision: Revision, listed: readonly ManifestFile[], until: number) => {
      for (const file of listed) {
        // A client takes `./` out of an address before it asks.
        for (const path of new Set([file.path, posix.normalize(file.path)])) {
          if (!files.has(path)) files.set(path, { file, revision, until });
        }
      }
    };
    add(current, manifest.files, Number.POSITIVE_INFINITY);
    for (const { supersededAt, ...revision } of superseded) {
      const until = Date.parse(supersededAt) + grace;
      oldest.push({ number: revision.number, until });
      // What was lost of the past does not hold up the present.
      const past = await findManifest(deps.objects, revision.manifest);
      add(revision, past?.files ?? [], until);
    }
    return { current, manifest, files, oldest };
  }

  return {
    find,
    /** The current revision of a source, or undefined before its first sync. */
    async current(label: string): Promise<Revision | undefined> {
      return (await viewOf(label))?.current;
    },
    /** The public keys that its packages are signed with: of all that it draws from, as their current revisions have them. */
    async keys(label: string): Promise<KeyFile[]> {
      const source = deps.source(label);
      const origins = source ? mirroredOrigins(source, deps.source) : [];
      const lists = await Promise.all(
        origins.map(async (origin) => {
          const view = await viewOf(origin.label);
          return view ? keysOf(origin, view.manifest) : [];
        }),
      );
      return [...new Map(lists.flat().map((key) => [key.sha256, key])).values()];
    },
    /** To be called when a source got a new revision, or its definition changed. */
    invalidate(label: string): void {
      views.delete(label);
    },
    invalidateAll(): void {
      views.clear();
    },
  };
}

export type Channels = ReturnType<typeof createChannels>;
