import { type Derived, putDerived } from '../store/objects/derived.ts';
import type { Objects } from '../store/objects/objects.ts';
import type { Revision, RevisionTable } from '../store/state/revisions.ts';

/** Makes revisions of views and stages. */
export function createPublisher(deps: {
  objects: Objects;
  revisions: RevisionTable;
  onPublished(label: string): void;
}) {
  return {
    /** Publishes a derived revision under a label; the current one where it is the same. */
    async publish(label: string, derived: Derived): Promise<Revision> {
      const manifest = await putDerived(deps.objects, derived);
      const current = await deps.revisions.current(label);
      if (current?.manifest === manifest) return current;
      const number = await deps.revisions.reserve(label);
      const revision = await deps.revisions.publish(label, number, manifest);
      deps.onPublished(label);
      return revision;
    },
  };
}

export type Publisher = ReturnType<typeof createPublisher>;
