import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';

/** The status and the sha256 of the body that a channel answers for each path. */
export async function served(
  url: string,
  label: string,
  paths: string[],
): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const path of paths) {
    const response = await fetch(`${url}/channels/${label}/${path}`);
    const digest = createHash('sha256').update(await response.bytes());
    answers[path] = `${response.status} ${response.ok ? digest.digest('hex') : ''}`.trim();
  }
  return answers;
}

/** Fails unless nothing half-written is left in a data folder: no temporary file, and every object is what it is named. */
export async function expectTidy(data: string): Promise<void> {
  expect(await readdir(join(data, 'tmp')).catch(() => [])).toEqual([]);
  for (const [name, bytes] of await objectsIn(data)) {
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(name);
  }
}

/** All objects of a data folder by name. */
export async function objectsIn(data: string): Promise<Map<string, Buffer>> {
  const root = join(data, 'objects');
  const found = new Map<string, Buffer>();
  for (const folder of await readdir(root).catch(() => [])) {
    for (const name of await readdir(join(root, folder))) {
      found.set(folder + name, await readFile(join(root, folder, name)));
    }
  }
  return found;
}
