import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../base/errors.ts';
import { createLog } from '../base/log.ts';
import type { Operations } from '../server/control/operations.ts';
import { lockHolder } from '../store/lock.ts';
import { dataPaths } from '../store/paths.ts';
import { createClient } from './client.ts';
import type { Config } from './config.ts';
import { userName } from './user-name.ts';

/** For how long a command tries to get hold of a folder that others are taking and leaving, in milliseconds. */
const patience = 10_000;

/**
 * Runs a command on a data folder: through the process that holds it, or in this process if nobody does. On SIGINT or
 * SIGTERM what runs in this process is ended in order.
 */
export async function withOperations<T>(
  config: Config,
  use: (operations: Operations) => Promise<T>,
): Promise<T> {
  for (const deadline = Date.now() + patience; ; ) {
    try {
      const holder = findHolder(config);
      return await (holder ? use(createClient(holder.socket)) : inThisProcess(config, use));
    } catch (error) {
      // The holder is just coming or going: nothing was asked of it yet.
      const passing = error instanceof AppError && error.kind === 'locked';
      if (!passing || Date.now() > deadline) throw error;
    }
    await sleep(100);
  }
}

async function inThisProcess<T>(
  config: Config,
  use: (operations: Operations) => Promise<T>,
): Promise<T> {
  // Who asks another process needs little of the program.
  const { createApp } = await import('../app.ts');
  const app = await createApp(config, createLog('error'));
  const end = () => void app.close();
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    return await use(app.commands(userName()));
  } finally {
    await app.finish();
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}

function findHolder(config: Config) {
  const { lock } = dataPaths(config.data);
  return existsSync(lock) ? lockHolder(lock) : undefined;
}
