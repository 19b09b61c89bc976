import type { Source, ViewSource } from './base/source.ts';
import type { ContentThread } from './channels/content/thread.ts';
import { createResolver } from './channels/resolve.ts';
import type { Leases } from './store/collect/leases.ts';
import { putHeld } from './store/collect/put-held.ts';
import { putDerived } from './store/objects/derived.ts';
import type { Objects } from './store/objects/objects.ts';
import type { DefinitionTable } from './store/state/definitions.ts';
import type { RevisionTable } from './store/state/revisions.ts';

export interface PreviewDeps {
  objects: Objects;
  leases: Leases;
  revisions: RevisionTable;
  definitions: DefinitionTable;
  sources: { get(label: string): Source | undefined };
  content: Pick<ContentThread, 'preview'>;
}

export interface ViewPreview {
  /** Null where that is not known yet. */
  packages: number | null;
  /** What people should know: a sentence each. */
  remarks: string[];
}

/**
 * Looks at what a view would have, before it is defined so; publishes nothing. Throws AppErrors where it could never be
 * served: its filters leave nothing, or its time is none that its parents have.
 */
export function createViewPreview(deps: PreviewDeps): (view: ViewSource) => Promise<ViewPreview> {
  const { objects, leases, revisions, content } = deps;
  // Nothing of it is signed, which needs a key.
  const resolver = createResolver({ ...deps, source: deps.sources.get, signedBy: async () => [] });

  return async (view) => {
    const current = await Promise.all(view.from.map((label) => revisions.current(label)));
    const absent = view.from.filter((_, i) => !current[i]);
    // At a time that is past there will never be more than there is.
    if (absent.length > 0 && view.filters.asOf === null) {
      const remarks = absent.map(
        (label) => `parent ${label} has no revision yet: the view is served once it has`,
      );
      return { packages: null, remarks };
    }
    const { derived } = await resolver.derive(view.label, view);
    const lease = await leases.take(derived.parents.map((parent) => parent.manifest));
    try {
      const manifest = await putHeld(objects, lease, () => putDerived(objects, derived));
      const { counts, remarks } = await content.preview({ label: view.label, manifest });
      return { packages: counts.packages, remarks };
    } finally {
      lease.end();
    }
  };
}
