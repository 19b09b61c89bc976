import type { Offering } from './offering.ts';
import { createPackagesThread } from './server/osms/packages-thread.ts';
import type { SourceSet } from './source-set.ts';
import type { DataPaths } from './store/paths.ts';
import type { RevisionTable } from './store/state/revisions.ts';

interface Deps {
  paths: DataPaths;
  revisions: Pick<RevisionTable, 'current' | 'currents'>;
  sources: Pick<SourceSet, 'get'>;
  publisher: Pick<Offering['publisher'], 'ask'>;
}

/** What lists packages of sources as they are served now. */
export function createPackagesPart({ paths, revisions, sources, publisher }: Deps) {
  const packages = createPackagesThread(paths);

  return {
    packages,

    /**
     * What is served of a source; a view or a stage is brought up to date first, as for any client. Undefined where there is
     * nothing yet. Throws AppErrors.
     */
    async revisionOf(label: string) {
      const kind = sources.get(label)?.kind;
      if (kind !== undefined && kind !== 'mirrored') await publisher.ask(label);
      const current = await revisions.current(label);
      return current && { label, manifest: current.manifest };
    },

    /** What is served of all sources, as it is. */
    async revisions() {
      const all = await revisions.currents();
      const known = all.filter(({ label }) => sources.get(label) !== undefined);
      return known.map(({ label, manifest }) => ({ label, manifest }));
    },

    close: packages.close,
  };
}
