import { rm, stat } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { announceCollecting } from '../../base/steps.ts';
import { findRevision, type RevisionObject } from '../objects/derived.ts';
import type { ManifestFile } from '../objects/manifest.ts';
import { droppableFiles } from '../objects/originals.ts';
import type { CollectorDeps } from './collector.ts';
import type { Decided, Keeping, Needed } from './keep.ts';
import { oldBefore } from './old-files.ts';

interface Deps extends CollectorDeps {
  decide(label: string, needed: Needed): Promise<Decided>;
  keepingOf(label: string): Keeping | undefined;
}

/** What a revision's object says of upstream's big documents. */
type Known =
  | { kind: 'mirrored'; files: Pick<ManifestFile, 'sha256' | 'size'>[] }
  | { kind: 'derived'; parents: { label: string; manifest: string }[] };

/**
 * Drops upstream's documents of one source's old revisions, where nothing else needs them. It looks at those that were not
 * done yet, and reads manifests once, so that it costs little after each sync. Not while a collection is under way.
 */
export function createOriginalsPass(deps: Deps) {
  const { objects, leases, keeping } = deps;
  const known = new LRUCache<string, Known>({ max: 20_000 });
  const done = new LRUCache<string, true>({ max: 20_000 });

  return async function pass(label: string): Promise<number> {
    if (deps.keepingOf(label)?.keepOriginals === undefined) return 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    // Who takes a lease waits for the end of this, which is near.
    const collection = leases.begin(() => promise, deps.space().marginMs);
    try {
      const needed = await deps.needed();
      const { staying } = await deps.decide(label, needed);
      const old = staying.filter((r) => !r.originals && !done.has(r.manifest));
      const droppable = new Map<string, Pick<ManifestFile, 'sha256' | 'size'>>();
      for (const { manifest } of old) {
        const found = await know(manifest);
        if (found?.kind !== 'mirrored') continue;
        for (const file of found.files) {
          if (await objects.find(file.sha256)) droppable.set(file.sha256, file);
        }
      }
      if (droppable.size > 0) await spareNeeded(droppable, collection.roots, needed);
      const before = oldBefore(deps.space().marginMs, collection.oldest());
      let bytes = 0;
      let left = 0;
      for (const name of collection.condemn([...droppable.keys()])) {
        const path = deps.paths.object(name);
        const info = await stat(path).catch(() => undefined);
        if (!info) continue;
        if (info.mtimeMs >= before) left++;
        else {
          await rm(path, { force: true });
          announceCollecting('file removed');
          bytes += info.size;
        }
      }
      if (left === 0) for (const { manifest } of old) done.set(manifest, true);
      return bytes;
    } finally {
      collection.end();
      resolve();
    }
  };

  /** Takes those out that another revision needs as they are. */
  async function spareNeeded(
    droppable: Map<string, unknown>,
    roots: readonly string[],
    needed: Needed,
  ): Promise<void> {
    for (const root of roots) await spare(droppable, root, { own: true, served: true });
    for (const { label, manifest } of needed.objects) {
      const own = deps.keepingOf(label)?.keepOriginals === undefined;
      await spare(droppable, manifest, { own, served: false });
    }
    for (const label of await keeping.labels()) {
      const { staying } = await deps.decide(label, needed);
      for (const { manifest, originals, served } of staying) {
        await spare(droppable, manifest, { own: originals, served });
      }
      await turn();
    }
  }

  async function spare(
    droppable: Map<string, unknown>,
    manifest: string,
    { own, served }: { own: boolean; served: boolean },
  ): Promise<void> {
    const found = await know(manifest);
    if (found?.kind === 'mirrored' && own) {
      for (const { sha256 } of found.files) droppable.delete(sha256);
    }
    if (found?.kind !== 'derived') return;
    for (const parent of found.parents) {
      const drops = deps.keepingOf(parent.label)?.keepOriginals !== undefined;
      await spare(droppable, parent.manifest, { own: served || !drops, served });
    }
  }

  async function know(manifest: string): Promise<Known | undefined> {
    const before = known.get(manifest);
    if (before) return before;
    const found = await findRevision(objects, manifest);
    if (!found) return undefined;
    const value = knownOf(found);
    known.set(manifest, value);
    return value;
  }
}

function knownOf(found: RevisionObject): Known {
  if (found.kind === 'derived') {
    const parents = found.derived.parents.map(({ label, manifest }) => ({ label, manifest }));
    return { kind: 'derived', parents };
  }
  const files = droppableFiles(found.manifest).map(({ sha256, size }) => ({ sha256, size }));
  return { kind: 'mirrored', files };
}
