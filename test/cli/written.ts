import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from './folder.ts';

/** A configuration file with this text, in a folder of the test's own. */
export async function written(text: string): Promise<{ folder: string; file: string }> {
  const folder = await temporaryFolder();
  const file = join(folder, 'headwater.yaml');
  await writeFile(file, text);
  return { folder, file };
}
