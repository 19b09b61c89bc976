import { noSource } from './base/no-source.ts';
import type { Source } from './base/source.ts';
import { writtenDefinition } from './base/written-definition.ts';
import type { Operations, SourceSummary } from './server/control/operations.ts';
import type { SourceSet } from './source-set.ts';
import type { SyncTable } from './store/state/syncs.ts';
import type { createViewPreview } from './view-preview.ts';

export interface DefinitionDeps {
  sources: SourceSet;
  syncs: SyncTable;
  preview: ReturnType<typeof createViewPreview>;
  /** Brings a source that is made of others up to its definition. */
  publish(label: string): Promise<unknown>;
  /** Throws AppError 'conflict' where it is being synced or verified. */
  refuseRunning(label: string): void;
  summary(label: string, source: Source | undefined): Promise<SourceSummary>;
  onChanged(label: string): Promise<void>;
}

/** The operations on what sources are. */
export function createDefinitionOperations(
  deps: DefinitionDeps,
): Pick<Operations, 'addSource' | 'changeSource' | 'sourceDefinition'> {
  const { sources, preview, summary } = deps;

  return {
    async addSource(definition) {
      const wanted = sources.checkNew(definition);
      const found = wanted.kind === 'view' ? await preview(wanted) : {};
      const source = await sources.add(definition);
      const { label, kind } = source;
      await deps.onChanged(label);
      // An empty one is a repository, too.
      if (kind === 'custom') await deps.publish(label);
      return { ...(await summary(label, source)), ...found };
    },

    async sourceDefinition(label) {
      const source = sources.get(label);
      if (!source) throw noSource(label);
      return (await sources.definition(label)) ?? writtenDefinition(source);
    },

    async changeSource(label, definition) {
      if (!sources.get(label)) throw noSource(label);
      const wanted = await sources.checkDefinition(label, definition);
      deps.refuseRunning(label);
      const found = wanted.kind === 'view' ? await preview(wanted) : {};
      const before = sources.get(label);
      const source = await sources.redefine(label, definition);
      if (source.kind === 'mirrored' && before?.kind === 'mirrored') {
        const same = JSON.stringify(source.upstream) === JSON.stringify(before.upstream);
        if (!same) await deps.syncs.forgetValidators(label);
      }
      await deps.onChanged(label);
      return { ...(await summary(label, source)), ...found };
    },
  };
}
