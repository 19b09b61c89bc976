import { AppError } from './base/errors.ts';
import { noSource } from './base/no-source.ts';
import type { MirroredSource } from './base/source.ts';
import type { SyncRunner } from './mirror/sync-runner.ts';
import type { Verifier } from './mirror/verify.ts';
import type { Operations, SyncResult } from './server/control/operations.ts';
import type { SourceSet } from './source-set.ts';

interface Deps {
  sources: SourceSet;
  runner: SyncRunner;
  verifier: Verifier;
}

/** The operations that start syncs and break them off. */
export function createSyncOperations({
  sources,
  runner,
  verifier,
}: Deps): Pick<Operations, 'sync' | 'cancelSync'> {
  /** Mirrored sources by their labels, or all. Throws AppErrors 'not_found', 'usage'. */
  function named(labels: string[]): MirroredSource[] {
    if (labels.length === 0) return sources.mirrored();
    return labels.map((label) => {
      const source = sources.get(label);
      if (!source) throw noSource(label);
      if (source.kind !== 'mirrored') throw notMirrored(label);
      return source;
    });
  }

  return {
    async sync({ labels, allowOlder }, onEvent) {
      return Promise.all(
        named(labels).map(async (source): Promise<SyncResult> => {
          const { label } = source;
          const end = await runner.run(source, {
            allowOlder,
            onProgress: (progress) => onEvent({ label, ...progress }),
          });
          return {
            label,
            outcome: end.outcome as SyncResult['outcome'],
            reason: end.reason ?? null,
            kind: end.errorKind ?? null,
            revision: end.revision ?? null,
            bytes: end.bytes ?? 0,
            packages: end.packages ?? null,
            packagesAdded: end.packagesAdded ?? null,
            packagesRemoved: end.packagesRemoved ?? null,
            packagesFetched: end.packagesFetched ?? 0,
            advisoriesNew: end.advisoriesNew ?? null,
            setAsideCount: end.setAsideCount ?? 0,
            setAside: end.setAside ?? [],
            warnings: end.warnings ?? [],
            took: end.took,
            paused: sources.isPaused(label),
          };
        }),
      );
    },

    async cancelSync(labels) {
      return Promise.all(
        named(labels).map(async ({ label }) => {
          // A verification may wait for the sync that it started.
          const [verified, end] = await Promise.all([verifier.cancel(label), runner.cancel(label)]);
          return { label, outcome: end?.outcome ?? (verified ? 'cancelled' : null) };
        }),
      );
    },
  };
}

/** What only a source with an upstream can do was asked of another. */
export const notMirrored = (label: string) =>
  new AppError('usage', `source ${label} has no upstream: it is made of other sources`, {
    hint: `\`headwater source show ${label}\` names them`,
  });
