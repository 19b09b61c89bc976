import Database from 'better-sqlite3';
import { AppError, errorCode } from '../base/errors.ts';

export type Sqlite = Database.Database;

/** One forward step of a database's schema. */
export type Migration = (db: Sqlite) => void;

/** Opens a database for its one writer and brings its schema up to date, each step in one transaction. */
export function openForWriting(path: string, migrations: readonly Migration[]): Sqlite {
  try {
    return migrated(path, migrations);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'SQLITE_NOTADB' && !code?.startsWith('SQLITE_CORRUPT')) throw error;
    throw new AppError('invalid', `the database ${path} is damaged (${code})`, {
      cause: error,
      hint: 'delete it if it is the catalogue, which is made again at the next start; restore any other from a backup',
    });
  }
}

function migrated(path: string, migrations: readonly Migration[]): Sqlite {
  const db = new Database(path);
  // Readers go on while the writer writes.
  db.pragma('journal_mode = WAL');
  // A power cut may lose the last transactions, never the database; the catalogue can be made again anyway.
  db.pragma('synchronous = NORMAL');
  db.pragma('foreign_keys = ON');
  db.pragma('busy_timeout = 5000');
  // 64 MB: names that are digests land on random pages, which must not be read and written again for each row.
  db.pragma('cache_size = -65536');
  const version = schemaVersion(db);
  if (version > migrations.length) {
    db.close();
    throw new AppError('invalid', `${path} was written by a newer version of Headwater`, {
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
  return db;
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

/** Opens a database that another thread writes. */
export function openForReading(path: string): Sqlite {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  db.pragma('busy_timeout = 5000');
  return db;
}

export function schemaVersion(db: Sqlite): number {
  return db.pragma('user_version', { simple: true }) as number;
}
