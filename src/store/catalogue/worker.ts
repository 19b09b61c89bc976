import { AppError } from '../../base/errors.ts';
import { createObjects } from '../objects/objects.ts';
import { dataPaths } from '../paths.ts';
import { openForWriting, type Sqlite } from '../sqlite.ts';
import { serveCalls } from '../worker-calls.ts';
import {
  type IndexJob,
  type IndexResult,
  indexRevision,
  type Prepared,
  prepare,
} from './indexing.ts';
import { catalogueMigrations } from './migrations.ts';
import { type SweepJob, type SweptRows, sweepRows } from './sweep-rows.ts';

/**
 * What the catalogue's one writer does. `ready` is answered once the schema is up to date, `finish` once everything stands in
 * the database's one file and it is closed.
 */
export type CatalogueJob =
  | { op: 'ready' }
  | { op: 'finish' }
  | { op: 'prepare'; document: 'primary' | 'updateinfo'; tree: string }
  | ({ op: 'sweep' } & SweepJob)
  | ({ op: 'index' } & IndexJob);

export type CatalogueResult = IndexResult | SweptRows[] | undefined;

/** How many prepared trees are remembered: those of syncs that came to nothing are forgotten. */
const mostPrepared = 8;

serveCalls<{ root: string; file: string }, CatalogueJob, CatalogueResult>((data) => {
  const paths = dataPaths(data.root);
  const objects = createObjects(paths);
  const prepared = new Map<string, Prepared>();
  let db: ReturnType<typeof openForWriting> | undefined;
  return async (job) => {
    db ??= openForWriting(data.file, catalogueMigrations);
    if (job.op === 'finish') {
      finish(db);
      db = undefined;
      return undefined;
    }
    if (job.op === 'index') return indexRevision(db, objects, job, prepared);
    if (job.op === 'sweep') return sweepRows(db, paths, job, [...prepared.values()]);
    if (job.op === 'prepare') {
      prepared.set(job.tree, await prepare(db, objects, job));
      const [oldest] = prepared.keys();
      if (prepared.size > mostPrepared) prepared.delete(oldest!);
    }
    return undefined;
  };
});

/** How often those who read are waited for. Each time takes as long as the database's busy time-out. */
const patience = 6;

/** Throws AppError 'conflict' where others read for so long that the log cannot be emptied. */
function finish(db: Sqlite): void {
  for (let tries = 0; tries < patience; tries++) {
    const [{ busy }] = db.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
    if (busy === 0) {
      db.close();
      return;
    }
  }
  throw new AppError('conflict', 'the catalogue is being read for long', {
    hint: 'try again later',
  });
}
