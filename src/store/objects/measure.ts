import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataPaths } from '../paths.ts';

/** Counts the objects of a data folder and their bytes, a folder at a time. Takes a while where there are many. */
export async function measureObjects(paths: DataPaths): Promise<{ count: number; bytes: number }> {
  const total = { count: 0, bytes: 0 };
  for (const folder of await readdir(paths.objects).catch(() => [])) {
    // What is no folder is no part of the store.
    const names = await readdir(join(paths.objects, folder)).catch(() => []);
    for (const name of names) {
      const info = await stat(join(paths.objects, folder, name)).catch(() => undefined);
      if (!info?.isFile()) continue;
      total.count++;
      total.bytes += info.size;
    }
  }
  return total;
}
