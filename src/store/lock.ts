import Database from 'better-sqlite3';
import { AppError, errorCode } from '../base/errors.ts';

/** The data folder's lock: held by one process, dropped by the system when that process ends, however it ends. */
export interface FolderLock {
  release(): void;
}

/**
 * Takes the lock and names in it the socket that its holder answers on. The lock file is a SQLite database in which a
 * write transaction stays open: others may read it, nobody else may write it. Gives undefined if it is held.
 */
export function takeLock(path: string, socket: string): FolderLock | undefined {
  const db = open(path);
  try {
    db.exec('BEGIN IMMEDIATE');
    db.exec(
      'CREATE TABLE IF NOT EXISTS holder (socket TEXT NOT NULL, pid INTEGER NOT NULL) STRICT',
    );
    db.exec('DELETE FROM holder');
    db.prepare('INSERT INTO holder VALUES (?, ?)').run(socket, process.pid);
    db.exec('COMMIT');
    db.exec('BEGIN IMMEDIATE');
  } catch (error) {
    db.close();
    if (errorCode(error)?.startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
  return {
    release() {
      db.exec('DELETE FROM holder');
      db.exec('COMMIT');
      db.close();
    },
  };
}

/** The holder of a lock, or undefined if nobody holds it. */
export function lockHolder(path: string): { socket: string; pid: number } | undefined {
  const db = open(path);
  try {
    try {
      db.exec('BEGIN IMMEDIATE');
      return undefined;
    } catch (error) {
      if (!errorCode(error)?.startsWith('SQLITE_BUSY')) throw error;
    }
    const row = db.prepare('SELECT socket, pid FROM holder').get();
    if (!row)
      throw new AppError('locked', 'the data folder is being taken by another process', {
        hint: 'try again',
      });
    return row as { socket: string; pid: number };
  } finally {
    db.close();
  }
}

function open(path: string): Database.Database {
  const db = new Database(path, { timeout: 0 });
  // The rollback journal, not WAL: a reader must see the holder's row while a write transaction stays open.
  db.pragma('journal_mode = DELETE');
  return db;
}
