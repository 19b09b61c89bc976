import Database from 'better-sqlite3';
import { AppError, errorCode } from '../base/errors.ts';
import { saysDamaged } from './sqlite.ts';

/** The data folder's lock: held by one process, dropped by the system when that process ends, however it ends. */
export interface FolderLock {
  /** The socket of a holder that ended without giving the lock back. */
  left: string | undefined;
  release(): void;
}

/**
 * Takes the lock and names in it the socket that its holder answers on. The lock file is a SQLite database in which a
 * write transaction stays open: others may read it, nobody else may write it. Gives undefined if it is held. Throws AppError
 * 'invalid' where the file is none of ours.
 */
export function takeLock(path: string, socket: string): FolderLock | undefined {
  const db = open(path);
  let left: string | undefined;
  try {
    db.exec('BEGIN IMMEDIATE');
    db.exec(
      'CREATE TABLE IF NOT EXISTS holder (socket TEXT NOT NULL, pid INTEGER NOT NULL) STRICT',
    );
    left = db.prepare('SELECT socket FROM holder').pluck().get() as string | undefined;
    db.exec('DELETE FROM holder');
    db.prepare('INSERT INTO holder VALUES (?, ?)').run(socket, process.pid);
    db.exec('COMMIT');
    db.exec('BEGIN IMMEDIATE');
  } catch (error) {
    db.close();
    if (errorCode(error)?.startsWith('SQLITE_BUSY')) return undefined;
    throw told(error, path);
  }
  return {
    left,
    release() {
      try {
        db.exec('DELETE FROM holder');
        db.exec('COMMIT');
      } catch {
        // On a full disk, say. Whoever takes it next finds what a killed holder leaves.
      } finally {
        db.close();
      }
    },
  };
}

/** The holder of a lock, or undefined if nobody holds it. Throws AppError 'locked' if that is changing just now. */
export function lockHolder(path: string): { socket: string; pid: number } | undefined {
  const db = open(path);
  try {
    // A holder keeps it for long: there is no use in waiting.
    db.pragma('busy_timeout = 0');
    if (!isBusy(() => db.exec('BEGIN IMMEDIATE'))) return undefined;
    db.pragma(`busy_timeout = ${moment}`);
    let row: { socket: string; pid: number } | undefined;
    isBusy(() => {
      const taken = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'holder'").get();
      if (taken) row = db.prepare('SELECT socket, pid FROM holder').get() as typeof row;
    });
    if (row) return row;
    throw new AppError('locked', 'the data folder is being taken by another process', {
      hint: 'try again',
    });
  } catch (error) {
    throw told(error, path);
  } finally {
    db.close();
  }
}

/** Whether something fails because another connection is in the way. */
function isBusy(run: () => void): boolean {
  try {
    run();
    return false;
  } catch (error) {
    if (errorCode(error)?.startsWith('SQLITE_BUSY')) return true;
    throw error;
  }
}

/** It is not made anew: whether somebody holds a file that is no database cannot be told. */
function told(error: unknown, path: string): unknown {
  if (error instanceof AppError || !saysDamaged(error)) return error;
  return new AppError('invalid', `the lock file ${path} is damaged (${errorCode(error)})`, {
    cause: error,
    hint: 'remove it once no Headwater process uses this folder',
  });
}

/** How long others who look or take may be in the way, in milliseconds. */
const moment = 500;

/** In the rollback journal mode, which is the default: a reader sees the holder's row while a write transaction is open. */
function open(path: string): Database.Database {
  return new Database(path, { timeout: moment });
}
