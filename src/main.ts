import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { AppError, diskError, explain } from './base/errors.ts';

// Types are stripped and modules compiled once, not at each start. Kept where nobody else writes: it is run.
const { XDG_CACHE_HOME, HOME } = process.env;
const caches = XDG_CACHE_HOME || (HOME && join(HOME, '.cache'));
if (caches) enableCompileCache(join(caches, 'headwater'));

try {
  const { createProgram } = await import('./cli/program.ts');
  await createProgram().parseAsync();
} catch (caught) {
  const error = diskError(caught, 'carrying this out');
  if (error instanceof AppError) process.stderr.write(`headwater: ${explain(error)}\n`);
  else process.stderr.write(`headwater: internal error: ${(error as Error).stack ?? error}\n`);
  process.exitCode = error instanceof AppError && error.kind === 'usage' ? 2 : 1;
}
