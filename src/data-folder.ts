import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError, diskError, explain } from './base/errors.ts';
import { takeLock } from './store/lock.ts';
import { type DataPaths, dataPaths } from './store/paths.ts';

/** A data folder that this process holds. */
export interface HeldFolder {
  paths: DataPaths;
  /** Where the command line asks this process: the folder is there, the socket is the caller's to make. */
  socket: string;
  release(): Promise<void>;
}

/**
 * Takes a data folder, which is made if it is not there. Throws AppErrors: 'locked' if another process holds it, 'config'
 * or 'no_space' where it cannot be used.
 */
export async function takeDataFolder(folder: string): Promise<HeldFolder> {
  const paths = dataPaths(folder);
  await mkdir(paths.root, { recursive: true, mode: 0o700 }).catch((error) => {
    throw cannotUse(folder, error);
  });
  // A path of at most 100 bytes, wherever the data folder is.
  const own = join(tmpdir(), `headwater-${randomBytes(6).toString('hex')}`);
  const socket = join(own, 'control');
  const lock = takeFree(folder, paths, socket);
  // Made after the lock names it and removed before: whoever takes the lock after a crash knows what is left.
  try {
    await mkdir(own, { mode: 0o700 });
  } catch (error) {
    lock.release();
    throw error;
  }
  return {
    paths,
    socket,
    async release() {
      await rm(own, { recursive: true, force: true });
      lock.release();
    },
  };
}

function takeFree(folder: string, paths: DataPaths, socket: string) {
  try {
    const lock = takeLock(paths.lock, socket);
    if (lock?.left?.startsWith(join(tmpdir(), 'headwater-'))) {
      rmSync(dirname(lock.left), { recursive: true, force: true });
    }
    if (lock) return lock;
  } catch (error) {
    throw cannotUse(folder, error);
  }
  throw new AppError('locked', `the data folder ${folder} is in use by another Headwater process`, {
    hint: 'stop that one, or use another folder with --data',
  });
}

function cannotUse(folder: string, error: unknown): unknown {
  const known = diskError(error, `opening ${folder}`);
  if (known instanceof AppError && known.kind !== 'disk') return known;
  return new AppError('config', `the data folder ${folder} cannot be used (${explain(error)})`, {
    cause: error,
    hint: 'check that it is a folder that this user may write',
  });
}
