import { LRUCache } from 'lru-cache';
import { AppError } from '../base/errors.ts';
import type { MirroredSource, Source } from '../base/source.ts';
import type { Catalogue, PackageFile } from '../store/catalogue/catalogue.ts';
import { type KeyFile, keysOf, readManifest } from '../store/objects/manifest.ts';
import type { Objects } from '../store/objects/objects.ts';
import type { Revision, RevisionTable } from '../store/state/revisions.ts';
import { createDeltas } from './deltas.ts';
import { createOffers, type Offer, type OffersDeps } from './offers.ts';
import type { RenderedFile } from './render/rendered.ts';
import type { Resolved, Resolver } from './resolve.ts';
import { mirroredOrigins } from './signing/origins.ts';

/** What a client finds at a path of a channel. */
export type Found =
  | ({ kind: 'document'; sha256: string; size: number; path: string } & Described)
  | ({ kind: 'rendered'; file: RenderedFile } & Described)
  | {
      kind: 'package';
      /** The mirrored source that it comes from; undefined where that is gone, so that only what is held can be served. */
      source: MirroredSource | undefined;
      pkg: PackageFile;
    };

interface Described {
  /** Names the revision within its channel. */
  revision: string;
  lastModified: Date;
  /** Whether the URL names the digest, so that it never means other bytes. */
  immutable: boolean;
  /** The sources that it comes from of which every rpm must be signed. */
  signed: MirroredSource[];
}

export interface ChannelsDeps extends OffersDeps {
  revisions: RevisionTable;
  catalogue: Catalogue;
  objects: Objects;
  resolver: Resolver;
  /** The source of a label, or undefined. */
  source(label: string): Source | undefined;
  /** How long files of superseded revisions stay readable, in milliseconds. */
  grace(): number;
  /** Hears that a client asks for a view or a stage, before it is looked up. Throws where it cannot be brought up. */
  ask(label: string): Promise<void>;
}

/** A revision that clients may read, and until when. */
interface Readable {
  revision: Resolved;
  until: number;
}

/** A channel's name: a label, and after `@` which of its revisions; the current one without. */
export function channelName(name: string): { label: string; spec: string | undefined } {
  const at = name.indexOf('@');
  return at < 0
    ? { label: name, spec: undefined }
    : { label: name.slice(0, at), spec: name.slice(at + 1) };
}

/** What clients see of each source: its current revision, for a while what it superseded, and any by its name. */
export function createChannels(deps: ChannelsDeps) {
  const { catalogue, objects } = deps;
  const offers = createOffers(deps);
  const channels = new LRUCache<string, { readable: Promise<Readable[]> }>({ max: 4000 });
  const deltas = createDeltas(objects);

  /**
   * Looks a path of a channel up: percent-decoded, as it stands in the repository; of several revisions that have it in
   * `preferred`, else in the newest. Throws AppErrors where the channel itself is not there yet, or cannot be.
   */
  async function find(name: string, path: string, preferred?: string): Promise<Found | undefined> {
    const { label, spec } = channelName(name);
    const source = deps.source(label);
    if (!source) return undefined;
    if (spec === undefined && source.kind !== 'mirrored' && isRepomd(path)) await deps.ask(label);
    const readable = (await readableOf(name)).filter((r) => r.until > Date.now());
    if (readable.length === 0) return undefined;
    const newest = readable[0]!;
    const at = readable.findIndex((r) => nameOf(r.revision) === preferred);
    if (at > 0) readable.unshift(...readable.splice(at, 1));
    const isOld = spec !== undefined;
    const passed: Offer[] = [];
    for (const { revision } of readable) {
      // What was lost of the past does not hold up the present.
      const offer = await offers.offer(revision, isOld).catch((error) => {
        if (revision === newest.revision || !(error instanceof AppError)) throw error;
        return undefined;
      });
      if (!offer) continue;
      const found =
        documentAt(offer, source, path) ??
        (await packageByDigest(offer, path, isOld)) ??
        // Of all revisions at once, and mostly of the newest: the older ones need not be read for it.
        (passed.length === 0 ? packageAt(source, readable, path) : undefined);
      if (found) return found;
      passed.push(offer);
    }
    return deltaAt(source, passed, path);
  }

  /** A package of a rendered revision, whose URLs name digests. */
  async function packageByDigest(
    offer: Offer,
    path: string,
    isOld: boolean,
  ): Promise<Found | undefined> {
    const digest = digestPath.exec(path)?.[1];
    if (offer.kind !== 'rendered' || !digest) return undefined;
    if (offer.rendered.catalogue !== catalogue.identity()) {
      // It was made again meanwhile, and its rows have other numbers.
      offers.forget(offer.revision.label);
      return packageByDigest(await offers.offer(offer.revision, isOld), path, isOld);
    }
    const { packages } = offer.rendered;
    const known = catalogue.packagesBy(digest).filter(({ row }) => packages.has(row));
    for (const { source, label } of offer.ancestors) {
      const at = known.find(({ row }) => catalogue.hasHeld(label, row));
      if (at && source) return { kind: 'package', source, pkg: at.file };
    }
    return known[0] && { kind: 'package', source: undefined, pkg: known[0].file };
  }

  /** A package of a mirrored source at the location that upstream gave it, in any of these revisions. */
  function packageAt(
    source: Source,
    readable: readonly Readable[],
    path: string,
  ): Found | undefined {
    if (source.kind !== 'mirrored' || path.startsWith('repodata/')) return undefined;
    const numbers = readable.flatMap(({ revision }) => revision.number ?? []);
    const [oldest, newest] = [Math.min(...numbers), Math.max(...numbers)];
    const pkg =
      catalogue.packageAt(source.label, path, oldest, newest) ??
      catalogue.packageAt(source.label, `./${path}`, oldest, newest);
    return pkg && { kind: 'package', source, pkg };
  }

  /** A delta rpm, which no package is. It carries another's signature: where signatures count, none is served. */
  async function deltaAt(
    source: Source,
    read: readonly Offer[],
    path: string,
  ): Promise<Found | undefined> {
    if (source.kind !== 'mirrored' || source.verifyPackages === 'signature') return undefined;
    const plain = read.flatMap((o) => (o.kind === 'plain' ? o.manifest.files : []));
    const pkg = await deltas.find(plain, path);
    return pkg && { kind: 'package', source, pkg };
  }

  /** The revisions of a channel that may be read, the current one first. Throws AppErrors. */
  function readableOf(name: string): Promise<Readable[]> {
    let entry = channels.get(name);
    if (!entry) {
      entry = { readable: load(name) };
      channels.set(name, entry);
      entry.readable.catch(() => channels.delete(name));
    }
    return entry.readable;
  }

  async function load(name: string): Promise<Readable[]> {
    const { label, spec } = channelName(name);
    if (spec !== undefined) {
      return [{ revision: await deps.resolver.resolve(label, spec), until: Infinity }];
    }
    const current = await deps.revisions.current(label);
    if (!current) return [];
    const grace = deps.grace();
    const superseded = await deps.revisions.supersededSince(label, new Date(Date.now() - grace));
    return [
      { revision: resolved(current), until: Infinity },
      ...superseded.map(({ supersededAt, ...revision }) => ({
        revision: resolved(revision),
        until: Date.parse(supersededAt) + grace,
      })),
    ];
  }

  /** To be called when a source got a new revision, or its definition or its snapshots changed. */
  function invalidate(label: string): void {
    for (const name of [...channels.keys()]) {
      if (channelName(name).label === label) channels.delete(name);
    }
  }

  return {
    find,
    /** The current revision of a source, or undefined before its first one. */
    async current(label: string): Promise<Resolved | undefined> {
      return (await readableOf(label))[0]?.revision;
    },
    /** What people should know of the filters of its current revision: a sentence each. */
    async remarks(label: string): Promise<string[]> {
      const [current] = await readableOf(label);
      const offer = current?.revision.derived && (await offers.offer(current.revision));
      return offer && offer.kind === 'rendered' ? offer.rendered.remarks : [];
    },
    /** Whether this server makes and signs the metadata of a mirrored source. */
    async isRendered(name: string): Promise<boolean> {
      const { label, spec } = channelName(name);
      if (deps.source(label)?.kind !== 'mirrored') return false;
      const [current] = await readableOf(name).catch(() => []);
      return !!current && (await offers.offer(current.revision, !!spec)).kind === 'rendered';
    },
    /** Whether clients can read it: a view of sources that are ready is made when it is asked for. */
    async ready(label: string): Promise<boolean> {
      const source = deps.source(label);
      if (!source) return false;
      if ((await readableOf(label)).length > 0) return true;
      if (source.kind === 'custom') return true;
      if (source.kind !== 'view') return false;
      for (const parent of source.from) if (!(await this.ready(parent))) return false;
      return true;
    },
    /** The public keys that its packages are signed with: of all that it draws from, as their current revisions have them. */
    async keys(label: string): Promise<KeyFile[]> {
      const source = deps.source(label);
      const found = new Map<string, KeyFile>();
      for (const origin of source ? mirroredOrigins(source, deps.source) : []) {
        const [current] = await readableOf(origin.label);
        const manifest = current && (await readManifest(objects, current.revision.manifest));
        for (const file of keysOf(origin, manifest)) found.set(file.sha256, file);
      }
      return [...found.values()];
    },
    invalidate,
    /** To be called when what was made of a label's revisions is gone from the disk, or not as it should be any more. */
    forget(label: string): void {
      invalidate(label);
      offers.forget(label);
    },
    invalidateAll(): void {
      channels.clear();
      offers.forgetAll();
    },
  };
}

export type Channels = ReturnType<typeof createChannels>;

/** Tells revisions of one channel apart. */
const nameOf = ({ manifest, at }: Resolved): string => `${manifest} ${at.getTime()}`;

const isRepomd = (path: string): boolean => path.startsWith('repodata/repomd.xml');

const digestPath = /^packages\/([0-9a-f]{32,128})\/[^/]+$/;

const resolved = ({ label, number, manifest, derived, publishedAt }: Revision): Resolved => ({
  label,
  number,
  manifest,
  derived,
  at: new Date(publishedAt),
});

function documentAt(offer: Offer, source: Source, path: string): Found | undefined {
  const { at: lastModified } = offer.revision;
  const common = { revision: nameOf(offer.revision), lastModified };
  const file = offer.files.get(path);
  if (!file) return undefined;
  const origins = offer.kind === 'rendered' ? offer.ancestors.map((a) => a.source) : [source];
  const signed = origins
    .filter((s) => s?.kind === 'mirrored')
    .filter((s) => s.verifyPackages === 'signature');
  if ('parts' in file) {
    return { kind: 'rendered', file, ...common, immutable: path.includes(file.sha256), signed };
  }
  const { sha256, size, checksum } = file;
  const immutable = checksum !== undefined && path.includes(checksum.value);
  return { kind: 'document', sha256, size, path, ...common, immutable, signed };
}
