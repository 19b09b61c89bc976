import type { RebuildResult } from '../server/control/operations.ts';
import type { Config } from './config.ts';
import { print, shownCount } from './output.ts';
import { createProgress } from './progress.ts';
import { withOperations } from './session.ts';

/** Makes the catalogue again. Gives the exit code: 1 if a revision could not be read. */
export async function rebuildCatalogue(config: Config, json: boolean): Promise<number> {
  const progress = createProgress(process.stderr);
  const result = await withOperations(config, (o) => o.rebuildCatalogue(progress.event)).finally(
    () => progress.end(),
  );
  print(json, result, () => describe(result));
  return result.skipped.length === 0 ? 0 : 1;
}

function describe({ sources, revisions, skipped, took }: RebuildResult): string {
  return [
    `the catalogue was made again: ${shownCount(sources)} sources, ${shownCount(revisions)} revisions (${(took / 1000).toFixed(1)} s)`,
    ...skipped.map((s) => `  ${s.label}: revision ${s.revision} is left out: ${s.reason}`),
  ].join('\n');
}
