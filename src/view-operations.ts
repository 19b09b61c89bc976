import { AppError } from './base/errors.ts';
import { noSource } from './base/no-source.ts';
import type { ViewSource } from './base/source.ts';
import { channelName } from './channels/channels.ts';
import type { ContentThread } from './channels/content/thread.ts';
import type { Operations, SourceSummary } from './server/control/operations.ts';
import type { SourceSet } from './source-set.ts';
import type { ViewPreview } from './view-preview.ts';

export interface ViewDeps {
  sources: SourceSet;
  content: ContentThread;
  resolver: {
    /** The revision that `label@spec` names; without `spec` the current one. Throws AppErrors. */
    resolve(label: string, spec?: string): Promise<{ number: number | null; manifest: string }>;
  };
  /** What a view would have. Throws AppErrors where it cannot be served. */
  preview(view: ViewSource): Promise<ViewPreview>;
  summary(label: string): Promise<SourceSummary>;
  onChanged(label: string): Promise<void>;
}

/** The operations on what views consist of. */
export function createViewOperations(deps: ViewDeps): Pick<Operations, 'setFilters' | 'diff'> {
  const { sources, content, resolver } = deps;

  async function named(text: string) {
    const { label, spec } = channelName(text);
    if (!label || spec === '') {
      throw new AppError('usage', `${text} names no revision`, {
        hint: 'a label, or a label with @ and a revision, snapshot or time: dev@12, dev@2026-01-31',
      });
    }
    const { number, manifest } = await resolver.resolve(label, spec);
    return { label, number, manifest };
  }

  return {
    async setFilters(label, filters) {
      const source = sources.get(label);
      if (!source) throw noSource(label);
      if (source.kind !== 'view') {
        throw new AppError('usage', `source ${label} is no view: only views have filters`, {
          hint: `make one with \`headwater source add NAME --from ${label}\``,
        });
      }
      const wanted = await sources.checkFilters(label, filters);
      const found = wanted.kind === 'view' ? await deps.preview(wanted) : {};
      await sources.setFilters(label, filters);
      await deps.onChanged(label);
      return { ...(await deps.summary(label)), ...found };
    },

    async diff(before, after) {
      const [old, now] = [await named(before), await named(after)];
      const said = ({ label, number }: typeof old) => ({ label, revision: number });
      return { before: said(old), after: said(now), ...(await content.diff(old, now)) };
    },
  };
}
