import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from './folder.ts';
import { execute, plainEnvironment, program } from './headwater.ts';

it.each([
  ['HOME', '.cache/headwater'],
  ['XDG_CACHE_HOME', 'headwater'],
])('Compiled modules are kept below %s, not where others write', async (variable, path) => {
  const folder = await temporaryFolder();
  const shared = join(folder, 'tmp');
  await mkdir(shared);
  const { NODE_COMPILE_CACHE: _, HOME: __, XDG_CACHE_HOME: ___, ...plain } = plainEnvironment();
  const env = { ...plain, TMPDIR: shared, [variable]: folder };
  expect(await execute(program, ['--version'], { cwd: folder, env })).toMatchObject({ code: 0 });
  expect(existsSync(join(folder, path))).toBe(true);
  expect(await readdir(shared)).toEqual([]);
});
