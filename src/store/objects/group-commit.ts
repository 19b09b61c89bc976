import { type FileHandle, mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { newNames, syncFolder } from './durable.ts';

interface Waiting {
  handle: FileHandle;
  temporary: string;
  place: string;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Moves finished temporary files to their places as `promote` of durable.ts does, but in batches: what comes while one
 * batch is flushed makes the next. The files of a batch are synced together, then renamed, then each folder is synced once;
 * only then is any of them said to be there. A crash leaves of each the whole file or none.
 */
export function createGroupCommit() {
  let waiting: Waiting[] = [];
  let flushing = false;

  /** Closes the handle. One file that cannot be moved fails alone. */
  function promote(handle: FileHandle, temporary: string, place: string): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.push({ handle, temporary, place, resolve, reject });
      if (!flushing) void flushAll();
    });
  }

  async function flushAll(): Promise<void> {
    flushing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await flush(batch);
    }
    flushing = false;
  }

  return { promote };
}

async function flush(batch: readonly Waiting[]): Promise<void> {
  const synced = await succeeding(batch, async ({ handle }) => {
    await handle.sync();
    await handle.close();
  });
  const folders = new Set<string>();
  const moved = await succeeding(synced, async ({ temporary, place }) => {
    const folder = dirname(place);
    const made = await mkdir(folder, { recursive: true });
    for (const above of newNames(folder, made)) folders.add(above);
    await rename(temporary, place);
    folders.add(folder);
  });
  try {
    await Promise.all([...folders].map(syncFolder));
    for (const { resolve } of moved) resolve();
  } catch (error) {
    for (const { reject } of moved) reject(error);
  }
}

/** Does a step for each file at the same time; gives those for which it succeeded and rejects the others. */
async function succeeding(
  batch: readonly Waiting[],
  step: (file: Waiting) => Promise<void>,
): Promise<Waiting[]> {
  const done = await Promise.all(
    batch.map(async (file) => {
      try {
        await step(file);
        return file;
      } catch (error) {
        file.reject(error);
        return undefined;
      }
    }),
  );
  return done.filter((file) => file !== undefined);
}
