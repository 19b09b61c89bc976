import { AppError } from '../base/errors.ts';
import type { Source, StageSource } from '../base/source.ts';
import type { DerivedParent } from '../store/objects/derived.ts';
import type { SnapshotTable } from '../store/state/snapshots.ts';
import type { Resolver } from './resolve.ts';

export interface TargetDeps {
  resolver: Pick<Resolver, 'resolve'>;
  snapshots: Pick<SnapshotTable, 'find'>;
  source(label: string): Source | undefined;
  /** What a stage offers; undefined before its first move. */
  offered(stage: string): Promise<DerivedParent | undefined>;
}

/**
 * The revision that `--to` of a promotion means: of what the stage follows, the current one where nothing, or that source
 * itself, is named; what another stage of the same source offers; or a revision, snapshot or time. Throws AppErrors
 * 'not_found', 'usage'.
 */
export async function targetOf(
  deps: TargetDeps,
  { label, follows }: StageSource,
  to: string | undefined,
): Promise<DerivedParent> {
  const spec = to === follows ? undefined : to;
  const other = spec === undefined ? undefined : deps.source(spec);
  if (spec === undefined || other?.kind !== 'stage') {
    const { number, manifest } = await deps.resolver.resolve(follows, spec);
    return { label: follows, revision: number, manifest };
  }
  if (await deps.snapshots.find(follows, spec)) {
    throw new AppError('usage', `${spec} is both a stage and a snapshot of ${follows}`, {
      hint: 'name the revision by its number',
    });
  }
  if (spec === label) throw new AppError('usage', `stage ${label} cannot be moved to itself`);
  if (other.follows !== follows) {
    throw new AppError(
      'usage',
      `stage ${spec} follows ${other.follows}, and ${label} follows ${follows}`,
      {
        hint: `name a stage that follows ${follows}, or a revision, snapshot or time of ${follows}`,
      },
    );
  }
  const offered = await deps.offered(spec);
  if (offered) return offered;
  throw new AppError('not_found', `stage ${spec} offers nothing yet`, {
    hint: `promote it first: \`headwater promote ${spec}\``,
  });
}
