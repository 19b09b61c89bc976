import { existsSync } from 'node:fs';
import { createApp } from '../app.ts';
import { AppError } from '../base/errors.ts';
import { createLog } from '../base/log.ts';
import type { Operations } from '../server/control/operations.ts';
import { lockHolder } from '../store/lock.ts';
import { dataPaths } from '../store/paths.ts';
import { createClient } from './client.ts';
import type { Config } from './config.ts';

/**
 * Runs a command on a data folder: through the process that holds it, or in this process if nobody does. On SIGINT or
 * SIGTERM what runs in this process is ended in order.
 */
export async function withOperations<T>(
  config: Config,
  use: (operations: Operations) => Promise<T>,
): Promise<T> {
  const holder = findHolder(config);
  if (holder) return use(createClient(holder.socket));
  const app = await createApp(config, createLog('error')).catch((error) => {
    // Somebody took the folder just now.
    const now = error instanceof AppError && error.kind === 'locked' && findHolder(config);
    if (!now) throw error;
    return now;
  });
  if ('socket' in app) return use(createClient(app.socket));
  const end = () => void app.close();
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    return await use(app.operations);
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
    await app.close();
  }
}

function findHolder(config: Config) {
  const { lock } = dataPaths(config.data);
  return existsSync(lock) ? lockHolder(lock) : undefined;
}
