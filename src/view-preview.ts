import type { ViewSource } from './base/source.ts';
import type { ContentThread } from './channels/content/thread.ts';
import { createHeldViews, type HeldViewDeps } from './held-views.ts';

export interface PreviewDeps extends HeldViewDeps {
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
  const { revisions, content } = deps;
  const held = createHeldViews(deps);

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
    return held(view, async (revision) => {
      const { counts, remarks } = await content.preview(revision);
      return { packages: counts.packages, remarks };
    });
  };
}
