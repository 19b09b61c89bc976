import { AppError } from './base/errors.ts';
import type { Source, ViewSource } from './base/source.ts';
import type { SourceDetails, SourceSummary } from './server/control/operations.ts';
import { findRevision } from './store/objects/derived.ts';
import type { Objects } from './store/objects/objects.ts';
import type { Revision } from './store/state/revisions.ts';

interface Deps {
  objects: Objects;
  /** What is to be said of a revision's content: entries of filters that fit nothing. */
  remarks(label: string): Promise<string[]>;
  /** Why a source could not be brought up to date, or to what the configuration says, the last time that this was tried. */
  problem(label: string): string | undefined;
}

/** What people want to know of sources that are made of others. */
export function createDerivedDetails({ objects, remarks, problem }: Deps) {
  return {
    /** Why what is served of it is not up to date; null where it is. */
    problem(source: Source | undefined): string | null {
      if (!source || source.kind === 'mirrored') return null;
      return problem(source.label) ?? null;
    },

    /** What its current revision is made of; before its first one, what it will be made of. */
    async parents(
      source: Source | undefined,
      current: Revision | undefined,
    ): Promise<SourceSummary['parents']> {
      const found = current && (await findRevision(objects, current.manifest));
      if (found?.kind === 'derived') {
        // A mirrored source that is rendered is made of itself.
        const others = found.derived.parents.filter((p) => p.label !== current?.label);
        return others.map(({ label, revision }) => ({ label, revision }));
      }
      const labels =
        source?.kind === 'view' ? source.from : source?.kind === 'stage' ? [source.follows] : [];
      return labels.map((label) => ({ label, revision: null }));
    },

    /** Null for a mirrored source. */
    async made(source: Source | undefined, current: Revision | undefined) {
      if (!source || source.kind === 'mirrored') return null;
      const { kind } = source;
      const made: NonNullable<SourceDetails['made']> = {
        from: kind === 'stage' ? [source.follows] : [...source.from],
        filters: kind === 'view' ? source.filters : null,
        strict: kind === 'view' ? strictOf(source) : null,
        at: kind === 'stage' ? (source.at ?? null) : null,
        fetch: kind === 'view' ? null : source.fetch,
        remarks: current ? await said(current) : [],
      };
      return made;
    },
  };

  /** As it is written. */
  function strictOf({ strict }: ViewSource) {
    return strict && strict.with.length === 0 ? true : strict;
  }

  async function said({ label }: Revision): Promise<string[]> {
    try {
      return await remarks(label);
    } catch (error) {
      // That objects are gone must not hide what else there is.
      if (error instanceof AppError) return [error.message];
      throw error;
    }
  }
}
