import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { dataPaths } from '../../src/store/paths.ts';
import { openState } from '../../src/store/state/state.ts';
import { temporaryFolder } from '../support/app.ts';

it('The state is for the server’s user alone, also in a folder that others may read, and where it was not before', async () => {
  const root = join(await temporaryFolder(), 'data');
  await mkdir(root, { mode: 0o755 });
  const paths = dataPaths(root);
  await writeFile(paths.state, '');
  await chmod(paths.state, 0o644);
  const db = openState(paths);
  await db.selectFrom('source').selectAll().execute();
  for (const file of [paths.state, `${paths.state}-wal`, `${paths.state}-shm`]) {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  }
  await db.destroy();
});
