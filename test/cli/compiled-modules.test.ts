import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from './folder.ts';
import { execute, plainEnvironment, program } from './headwater.ts';

/** Runs the program where it may keep things in `folder/tmp`, and in what the variable names. */
async function start(folder: string, variables: Record<string, string>): Promise<string> {
  const shared = join(folder, 'tmp');
  await mkdir(shared);
  const { NODE_COMPILE_CACHE: _, HOME: __, XDG_CACHE_HOME: ___, ...plain } = plainEnvironment();
  const env = { ...plain, TMPDIR: shared, ...variables };
  expect(await execute(program, ['--version'], { cwd: folder, env })).toMatchObject({ code: 0 });
  return shared;
}

it.each([
  ['HOME', '.cache/headwater'],
  ['XDG_CACHE_HOME', 'headwater'],
])('Compiled modules are kept below %s, not where others write', async (variable, path) => {
  const folder = await temporaryFolder();
  const shared = await start(folder, { [variable]: folder });
  expect(existsSync(join(folder, path))).toBe(true);
  expect(await readdir(shared)).toEqual([]);
});

it('They are kept nowhere where others write, and below no relative folder', async () => {
  const folder = await temporaryFolder();
  const open = join(folder, 'home/.cache/headwater');
  await mkdir(open, { recursive: true });
  await chmod(open, 0o777);
  const shared = await start(folder, { HOME: join(folder, 'home') });
  expect([...(await readdir(open)), ...(await readdir(shared))]).toEqual([]);

  const other = await temporaryFolder();
  await start(other, { XDG_CACHE_HOME: 'caches' });
  expect(await readdir(other)).toEqual(['tmp']);
});
