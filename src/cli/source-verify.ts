import { shownBytes } from '../base/units.ts';
import type { VerifyResult } from '../server/control/operations.ts';
import type { Config } from './config.ts';
import { print, shownCount } from './output.ts';
import { createProgress } from './progress.ts';
import { withOperations } from './session.ts';

/** Verifies what is stored for a source. Gives the exit code: 1 if anything is wrong still. */
export async function verifySource(
  config: Config,
  label: string,
  flags: { repair: boolean; json: boolean },
): Promise<number> {
  const progress = createProgress(process.stderr);
  const result = await withOperations(config, (o) =>
    o.verifySource(label, { repair: flags.repair }, progress.event),
  ).finally(() => progress.end());
  print(flags.json, result, () => describe(result, flags.repair));
  return result.intact ? 0 : 1;
}

function describe(r: VerifyResult, repair: boolean): string {
  const { problems } = r;
  const size = `${shownCount(r.objects)} files and ${shownCount(r.packages)} packages, ${shownBytes(r.bytes)}`;
  if (problems.length === 0) return `${r.label}: revision ${r.revision} is intact (${size})`;
  const state = r.intact
    ? 'all repaired'
    : repair
      ? 'not all could be repaired'
      : 'nothing was changed: --no-repair';
  return [
    `${r.label}: revision ${r.revision}: ${shownCount(problems.length)} broken, ${state} (${size})`,
    ...problems.map((p) => {
      const done = p.repair ? `: ${repairs[p.repair]}` : '';
      const why = p.reason ? `: ${p.reason}` : '';
      return `  ${p.kind} ${p.path} is ${p.problem}${done}${why}`;
    }),
    ...(r.current === r.revision ? [] : [`  revision ${r.current} took its place`]),
  ].join('\n');
}

const repairs: Record<string, string> = {
  fetched: 'fetched again',
  cut: 'made again from its document',
  synced: 'a new revision does without it',
  removed: 'removed, to be fetched by the next sync, a package also by whoever asks for it',
};
