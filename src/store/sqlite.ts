import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { AppError, errorCode } from '../base/errors.ts';

export type Sqlite = Database.Database;

/** One forward step of a database's schema. */
export type Migration = (db: Sqlite) => void;

/** Opens a database for its one writer and brings its schema up to date, each step in one transaction. */
export function openForWriting(path: string, migrations: readonly Migration[]): Sqlite {
  const db = new Database(path);
  try {
    migrate(db, migrations);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Whether SQLite says, as an error or its cause, that a file is no database, a broken one, or one that lost its tables. */
export function saysDamaged(error: unknown): boolean {
  if (error instanceof AppError) return saysDamaged(error.cause);
  const code = errorCode(error);
  if (code === 'SQLITE_ERROR') return /^no such (table|column)/.test((error as Error).message);
  return code === 'SQLITE_NOTADB' || code?.startsWith('SQLITE_CORRUPT') === true;
}

function migrate(db: Sqlite, migrations: readonly Migration[]): void {
  // Readers go on while the writer writes.
  db.pragma('journal_mode = WAL');
  // A power cut may lose the last transactions, never the database; the catalogue can be made again anyway.
  db.pragma('synchronous = NORMAL');
  db.pragma('foreign_keys = ON');
  db.pragma('busy_timeout = 5000');
  // 32 MB: names that are digests land on random pages, which must not be read and written again for each row.
  db.pragma('cache_size = -32768');
  const version = schemaVersion(db);
  if (version > migrations.length) {
    throw new AppError('invalid', `${db.name} was written by a newer version of Headwater`, {
      hint: 'run that version, or restore a backup made with this one',
    });
  }
  for (const [i, step] of migrations.entries()) {
    if (i < version) continue;
    db.transaction(() => {
      step(db);
      db.pragma(`user_version = ${i + 1}`);
    })();
  }
}

/**
 * Many writes in transactions of `size` each, which is quicker than one for each and holds the database for no longer
 * than that. `run` calls `wrote` after each write.
 */
export async function inBatches<T>(
  db: Sqlite,
  size: number,
  run: (wrote: () => void) => Promise<T>,
): Promise<T> {
  let count = 0;
  db.exec('BEGIN');
  try {
    const result = await run(() => {
      if (++count % size === 0) db.exec('COMMIT; BEGIN');
    });
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** Removes a database that nobody has open. */
export function removeDatabase(path: string): void {
  // The log first: it must never be taken for that of another database of this name.
  for (const end of ['-wal', '-shm', '']) rmSync(path + end, { force: true });
}

/** Opens a database that another thread writes. */
export function openForReading(path: string): Sqlite {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  db.pragma('busy_timeout = 5000');
  return db;
}

export function schemaVersion(db: Sqlite): number {
  return db.pragma('user_version', { simple: true }) as number;
}
