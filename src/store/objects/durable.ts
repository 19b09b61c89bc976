import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Moves a finished temporary file to its place so that a crash leaves the whole file or none: fsync, rename, fsync of
 * the folder. Closes the handle.
 */
export async function promote(handle: FileHandle, temporary: string, place: string): Promise<void> {
  await handle.sync();
  await handle.close();
  const folder = dirname(place);
  const made = await mkdir(folder, { recursive: true });
  await rename(temporary, place);
  for (const above of newNames(folder, made)) await syncFolder(above);
  await syncFolder(folder);
}

/** The folders that hold the names of new ones: `made` is the first of them on the way down to `folder`, if there are any. */
export function* newNames(folder: string, made: string | undefined): Generator<string> {
  for (let above = folder; made && above !== dirname(made); ) {
    above = dirname(above);
    yield above;
  }
}

/** Makes the names in a folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** How a finished temporary file gets to its place: by itself, or with others (group-commit.ts). */
export type Promote = typeof promote;

/** Writes a small file so, whole or not at all. */
export async function writeDurably(
  place: string,
  content: string,
  { tmp, promote: move = promote }: { tmp: string; promote?: Promote | undefined },
): Promise<void> {
  await mkdir(tmp, { recursive: true });
  const temporary = join(tmp, randomUUID());
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await move(handle, temporary, place);
  } finally {
    await handle.close().catch(() => {});
    await rm(temporary, { force: true });
  }
}
