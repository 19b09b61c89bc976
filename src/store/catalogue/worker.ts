import { createObjects } from '../objects/objects.ts';
import { dataPaths } from '../paths.ts';
import { openForWriting } from '../sqlite.ts';
import { serveCalls } from '../worker-calls.ts';
import {
  type IndexJob,
  type IndexResult,
  indexRevision,
  type Prepared,
  prepare,
} from './indexing.ts';
import { catalogueMigrations } from './migrations.ts';

/** What the catalogue's one writer does. `ready` is answered once the schema is up to date. */
export type CatalogueJob =
  | { op: 'ready' }
  | { op: 'prepare'; document: 'primary' | 'updateinfo'; tree: string }
  | ({ op: 'index' } & IndexJob);

/** How many prepared trees are remembered: those of syncs that came to nothing are forgotten. */
const mostPrepared = 8;

serveCalls<{ root: string }, CatalogueJob, IndexResult | undefined>(({ root }) => {
  const paths = dataPaths(root);
  const objects = createObjects(paths);
  const prepared = new Map<string, Prepared>();
  let db: ReturnType<typeof openForWriting> | undefined;
  return async (job) => {
    db ??= openForWriting(paths.catalogue, catalogueMigrations);
    if (job.op === 'index') return indexRevision(db, objects, job, prepared);
    if (job.op === 'prepare') {
      prepared.set(job.tree, await prepare(db, objects, job));
      const [oldest] = prepared.keys();
      if (prepared.size > mostPrepared) prepared.delete(oldest!);
    }
    return undefined;
  };
});
