import type { Source, ViewSource } from './base/source.ts';
import { createResolver } from './channels/resolve.ts';
import type { Leases } from './store/collect/leases.ts';
import { putHeld } from './store/collect/put-held.ts';
import { putDerived } from './store/objects/derived.ts';
import type { Objects } from './store/objects/objects.ts';
import type { DefinitionTable } from './store/state/definitions.ts';
import type { RevisionTable } from './store/state/revisions.ts';

export interface HeldViewDeps {
  objects: Objects;
  leases: Leases;
  revisions: RevisionTable;
  definitions: DefinitionTable;
  sources: { get(label: string): Source | undefined };
}

/**
 * Looks at what views would be made of now, whether that is published or not, and publishes nothing. It is there for as long
 * as `look` runs. Throws AppError 'not_found' where there is nothing to make it of.
 */
export function createHeldViews(deps: HeldViewDeps) {
  const { objects, leases } = deps;
  // Nothing of it is signed, which needs a key.
  const resolver = createResolver({ ...deps, source: deps.sources.get, signedBy: async () => [] });

  return async <T>(
    view: ViewSource,
    look: (revision: { label: string; manifest: string }) => Promise<T>,
  ): Promise<T> => {
    const { derived } = await resolver.derive(view.label, view);
    const lease = await leases.take(derived.parents.map((parent) => parent.manifest));
    try {
      const manifest = await putHeld(objects, lease, () => putDerived(objects, derived));
      return await look({ label: view.label, manifest });
    } finally {
      lease.end();
    }
  };
}
