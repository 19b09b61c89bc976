import { posix } from 'node:path';
import { LRUCache } from 'lru-cache';
import { AppError } from '../base/errors.ts';
import { noFilters } from '../base/filters.ts';
import type { Catalogue } from '../store/catalogue/catalogue.ts';
import { type Derived, putDerived, readRevision } from '../store/objects/derived.ts';
import { type Manifest, type ManifestFile, readManifest } from '../store/objects/manifest.ts';
import { hasOriginals } from '../store/objects/originals.ts';
import type { Rendered, RenderedFile } from './render/rendered.ts';
import type { Renderer } from './render/renderer.ts';
import { ancestorsOf, jobOf, type RenderingDeps, renderingOf } from './rendering.ts';
import type { Resolved } from './resolve.ts';

/** One revision of a channel as clients can read it: upstream's files as they came, or what was made for clients. */
export type Offer = { revision: Resolved } & (
  | { kind: 'plain'; manifest: Manifest; files: Map<string, ManifestFile> }
  | {
      kind: 'rendered';
      files: Map<string, RenderedFile>;
      rendered: Rendered;
      ancestors: Awaited<ReturnType<typeof ancestorsOf>>;
    }
);

export interface OffersDeps extends RenderingDeps {
  catalogue: Catalogue;
  renderer: Renderer;
}

/** Makes revisions readable, and remembers those that were asked for last. */
export function createOffers(deps: OffersDeps) {
  const { objects, catalogue, renderer } = deps;
  const offers = new LRUCache<string, { offer: Promise<Offer> }>({ max: 2000 });

  /**
   * A revision as it is to be read; of an old one upstream's big documents may have been dropped, and are made again. Throws
   * AppErrors where objects are gone.
   */
  function offer(revision: Resolved, isOld = false): Promise<Offer> {
    const key = [revision.label, revision.manifest, revision.at.getTime()].join();
    let entry = offers.get(key);
    if (!entry) {
      entry = { offer: load(revision, isOld) };
      offers.set(key, entry);
      entry.offer.catch(() => offers.delete(key));
    }
    return entry.offer;
  }

  async function load(revision: Resolved, isOld: boolean): Promise<Offer> {
    if (!revision.derived && !(await mustRender(revision, isOld))) {
      const manifest = await readManifest(objects, revision.manifest);
      return { kind: 'plain', revision, manifest, files: byPath(manifest.files) };
    }
    const derived = await derivedOf(revision);
    const object = revision.derived ? revision.manifest : await putDerived(objects, derived);
    const job = jobOf(revision.label, { manifest: object, at: revision.at }, derived);
    const rendered = await renderer.render(job);
    const ancestors = await ancestorsOf(deps, derived.parents);
    return { kind: 'rendered', revision, rendered, files: byPath(rendered.files), ancestors };
  }

  async function derivedOf({ label, number, manifest }: Resolved): Promise<Derived> {
    const found = await readRevision(objects, manifest);
    if (found.kind === 'derived') return found.derived;
    const parents = [{ label, revision: number, manifest }];
    const rendering = await renderingOf(deps, deps.source(label), parents);
    return { parents, filters: noFilters, rendering };
  }

  /**
   * Whether a mirrored revision cannot be served as it came: its packages would lead clients past this server, or upstream's
   * big documents were dropped.
   */
  async function mustRender(revision: Resolved, isOld: boolean): Promise<boolean> {
    const { label, number, manifest } = revision;
    if (number !== null && liesElsewhere(label, number)) return true;
    return isOld && !(await hasOriginals(objects, await readManifest(objects, manifest)));
  }

  function liesElsewhere(label: string, number: number): boolean {
    try {
      return catalogue.elsewhere(label, number) > 0;
    } catch (error) {
      // A damaged catalogue does not keep anybody from documents.
      if (error instanceof AppError) return false;
      throw error;
    }
  }

  return {
    offer,
    /** Forgets what was made of a label's revisions. */
    forget(label: string): void {
      for (const key of [...offers.keys()]) if (key.startsWith(`${label},`)) offers.delete(key);
    },
    forgetAll: (): void => offers.clear(),
  };
}

function byPath<T extends { path: string }>(files: readonly T[]): Map<string, T> {
  const found = new Map<string, T>();
  for (const file of files) {
    // A client takes `./` out of an address before it asks.
    for (const path of [file.path, posix.normalize(file.path)]) {
      if (!found.has(path)) found.set(path, file);
    }
  }
  return found;
}
