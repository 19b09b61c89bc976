import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { projectRoot } from '../support/tools.ts';

/** A folder of the test's own, removed when the test is over. For tests that do not load the program themselves. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headwater-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export type Fixture = 'ol7' | 'ol8' | 'ol9';

/** A fixture repository's folder. */
export const fixtureFolder = (name: Fixture): string =>
  join(projectRoot, 'fixtures/repodata', name);
