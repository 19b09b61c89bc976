import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/app.ts';
import { projectRoot } from '../support/tools.ts';

it('several commands at once on a folder that no server holds all succeed', async () => {
  const env = { ...process.env, HEADWATER_DATA: join(await temporaryFolder(), 'data') };
  const headwater = join(projectRoot, 'bin/headwater');
  const run = promisify(execFile);
  const list = () => run(headwater, ['source', 'list', '--json'], { env });
  const sync = () => run(headwater, ['sync', 'quickstart', '--json'], { env });
  const results = await Promise.all([list(), sync(), list(), sync(), list()]);
  for (const { stdout } of results) expect(JSON.parse(stdout)[0].label).toBe('quickstart');
});
