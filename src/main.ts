import { lstatSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { AppError, diskError, explain } from './base/errors.ts';

// Types are stripped and modules compiled once, not at each start.
const { XDG_CACHE_HOME, HOME } = process.env;
const caches = XDG_CACHE_HOME || join(HOME ?? '', '.cache');
const compiled = join(caches, 'headwater');
if (isAbsolute(caches) && isOwn(compiled)) enableCompileCache(compiled);

try {
  const { createProgram } = await import('./cli/program.ts');
  await createProgram().parseAsync();
} catch (caught) {
  const error = diskError(caught, 'carrying this out');
  if (error instanceof AppError) process.stderr.write(`headwater: ${explain(error)}\n`);
  else process.stderr.write(`headwater: internal error: ${(error as Error).stack ?? error}\n`);
  process.exitCode = error instanceof AppError && error.kind === 'usage' ? 2 : 1;
}

/** Whether nobody else writes in a folder, which is made: what is in it is run. With `sudo`, HOME may be another's. */
function isOwn(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(folder);
    return uid === process.geteuid?.() && (mode & 0o022) === 0;
  } catch {
    return false;
  }
}
