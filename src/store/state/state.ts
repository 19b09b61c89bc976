import { chmodSync, readFileSync } from 'node:fs';
import { type Generated, Kysely, type SqliteDatabase, SqliteDialect } from 'kysely';
import { LRUCache } from 'lru-cache';
import { AppError, errorCode } from '../../base/errors.ts';
import type { DataPaths } from '../paths.ts';
import { type Migration, openForWriting, type Sqlite, saysDamaged } from '../sqlite.ts';
import type { FleetTables } from './fleet-tables.ts';
import type { IdentityTables } from './identity-tables.ts';
import type { JobTables } from './job-tables.ts';

export interface StateTables extends FleetTables, IdentityTables, JobTables {
  source: { label: string; definition: string; added_at: string };
  revision_counter: { label: string; last: number };
  revision: {
    label: string;
    number: number;
    manifest: string;
    published_at: string;
    derived: Generated<number>;
    packages: number | null;
  };
  view_definition: { label: string; since: string; definition: string };
  ref: { label: string; name: string; revision: number };
  superseded: { label: string; revision: number; at: string };
  forgotten: { label: string; number: number; published_at: string };
  sync: SyncTable;
  paused: { label: string; at: string };
  package_check: { sha256: string; rules: string; refusal: string | null; checked_at: string };
  collection: { id: number; finished_at: string; bytes: number };
  validator: { label: string; url: string; etag: string | null; last_modified: string | null };
  snapshot: SnapshotTable;
  move: MoveRow;
}

interface SnapshotTable {
  label: string;
  name: string;
  kind: string;
  created_at: string;
  created_by: string;
}

/** A row of `move`. */
export interface MoveRow {
  id: Generated<number>;
  label: string;
  kind: string;
  at: string;
  by: string;
  from_source: string | null;
  from_revision: number | null;
  from_manifest: string | null;
  to_source: string;
  to_revision: number | null;
  to_manifest: string;
  configured: string | null;
  undoes: number | null;
  revision: number | null;
}

interface SyncTable {
  id: Generated<number>;
  label: string;
  started_at: string;
  finished_at: string | null;
  outcome: string;
  reason: string | null;
  error_kind: string | null;
  revision: number | null;
  bytes: Generated<number>;
  packages: number | null;
  packages_added: number | null;
  packages_removed: number | null;
  packages_fetched: number | null;
  advisories: number | null;
  advisories_new: number | null;
  set_aside_count: Generated<number>;
  set_aside: Generated<string>;
  warnings: Generated<string>;
}

export type StateDb = Kysely<StateTables>;

/** The schema of the state database, in order. Numbers never change; new steps go to the end. */
export const stateMigrations: readonly Migration[] = [
  '001-sources.sql',
  '002-operating.sql',
  '003-package-checks.sql',
  '004-views.sql',
  '005-stages.sql',
  '006-collections.sql',
  '007-forgotten.sql',
  '008-fleet.sql',
  '009-identity.sql',
  '010-jobs.sql',
].map((name) => (db) => {
  db.exec(readFileSync(new URL(`schema/${name}`, import.meta.url), 'utf8'));
});

/** Opens the state database, for the main thread, which is its only writer. Throws AppError 'invalid' if it is damaged. */
export function openState({ state: path }: DataPaths): StateDb {
  const database = opened(path);
  // What people did must survive a power cut.
  database.pragma('synchronous = FULL');
  return new Kysely<StateTables>({ dialect: new SqliteDialect({ database: preparing(database) }) });
}

/** Statements are prepared once: what is asked at each check-in is asked again and again. */
function preparing(database: Sqlite): SqliteDatabase {
  const known = new LRUCache<string, Statement>({ max: 200 });
  return {
    close: () => database.close(),
    prepare(sql) {
      const before = known.get(sql);
      if (before) return before;
      const prepared = database.prepare(sql) as unknown as Statement;
      const statement = sql === 'rollback' ? ifOpen(database, prepared) : prepared;
      known.set(sql, statement);
      return statement;
    },
  };
}

/** SQLite rolls back by itself where the disk is full: another rollback would fail, and hide why. */
const ifOpen = (database: Sqlite, rollback: Statement): Statement => ({
  ...{ reader: false, all: rollback.all.bind(rollback), iterate: rollback.iterate.bind(rollback) },
  run: (values) =>
    database.inTransaction ? rollback.run(values) : { changes: 0, lastInsertRowid: 0 },
});

type Statement = ReturnType<SqliteDatabase['prepare']>;

function opened(path: string): Sqlite {
  try {
    const database = openForWriting(path, stateMigrations);
    for (const file of [path, `${path}-wal`, `${path}-shm`]) keepPrivate(file);
    return database;
  } catch (error) {
    throw stateError(error, path);
  }
}

/** It holds what tokens are made with, and credentials of upstreams, whatever folder it is in. */
function keepPrivate(file: string): void {
  try {
    chmodSync(file, 0o600);
  } catch {
    // It is another user's, or not there: then it is as it is.
  }
}

/** Turns what SQLite says of a damaged state database into AppError 'invalid'; gives any other error, and AppErrors, back. */
export function stateError(error: unknown, path: string): unknown {
  if (error instanceof AppError || !saysDamaged(error)) return error;
  return new AppError('invalid', `the database ${path} is damaged (${errorCode(error)})`, {
    cause: error,
    hint: 'restore it from a backup',
  });
}
