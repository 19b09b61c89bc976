import { createObjects } from '../objects/objects.ts';
import { dataPaths } from '../paths.ts';
import { openForWriting } from '../sqlite.ts';
import { serveCalls } from '../worker-calls.ts';
import { type IndexJob, type IndexResult, indexRevision } from './indexing.ts';
import { catalogueMigrations } from './migrations.ts';

/** The catalogue's one writer. `ready` is answered once the schema is up to date. */
export type CatalogueJob = { op: 'ready' } | ({ op: 'index' } & IndexJob);

serveCalls<{ root: string }, CatalogueJob, IndexResult | undefined>(({ root }) => {
  const paths = dataPaths(root);
  const objects = createObjects(paths);
  let db: ReturnType<typeof openForWriting> | undefined;
  return async (job) => {
    db ??= openForWriting(paths.catalogue, catalogueMigrations);
    return job.op === 'index' ? indexRevision(db, objects, job) : undefined;
  };
});
