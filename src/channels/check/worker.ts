import { createDependencyReader } from '../../repodata/dependencies.ts';
import { usable } from '../../store/catalogue/unusable.ts';
import { createObjects } from '../../store/objects/objects.ts';
import { dataPaths } from '../../store/paths.ts';
import { openForReading } from '../../store/sqlite.ts';
import { serveCalls } from '../../store/worker-calls.ts';
import { createContents } from '../content/contents.ts';
import { type CheckOptions, checkContent } from './check.ts';
import type { RevisionOf } from './gather.ts';
import { bounded, type Report, worse } from './report.ts';

/** `check` gives a report that fits a terminal; `compare` says why the second is worse than the first, if it is. */
export type CheckJob =
  | { op: 'check'; revision: RevisionOf; options: CheckOptions }
  | { op: 'compare'; before: RevisionOf; after: RevisionOf; options: CheckOptions };

serveCalls<{ root: string }, CheckJob, Report | string | undefined>(({ root }) => {
  const paths = dataPaths(root);
  const objects = createObjects(paths);
  const contents = createContents({ objects, paths });
  return (job) =>
    usable(async () => {
      const db = openForReading(paths.catalogue);
      const read = createDependencyReader();
      const check = (revision: RevisionOf) =>
        checkContent({ db, objects, contentOf: contents.of, read }, revision, job.options);
      try {
        if (job.op === 'check') return bounded(await check(job.revision));
        return worse(await check(job.before), await check(job.after));
      } finally {
        db.close();
      }
    });
});
