import type { Moved } from '../channels/stages.ts';
import type { MoveRequest } from '../server/control/time.ts';
import type { Config } from './config.ts';
import { print, shownCount } from './output.ts';
import { createProgress } from './progress.ts';
import { withOperations } from './session.ts';
import { userName } from './user-name.ts';

export interface MoveFlags {
  to?: string;
  fetch?: boolean;
  allowMissing?: boolean;
  json: boolean;
}

const requestOf = ({ fetch, allowMissing }: MoveFlags): MoveRequest => ({
  by: userName(),
  fetch: fetch ?? null,
  allowMissing: allowMissing ?? false,
});

export async function promoteStage(config: Config, stage: string, flags: MoveFlags): Promise<void> {
  const progress = createProgress(process.stderr);
  const request = { ...requestOf(flags), to: flags.to ?? null };
  const moved = await withOperations(config, (o) =>
    o.promoteStage(stage, request, progress.event),
  ).finally(() => progress.end());
  print(flags.json, moved, () => describe(moved));
}

export async function rollbackStage(
  config: Config,
  stage: string,
  flags: MoveFlags,
): Promise<void> {
  const progress = createProgress(process.stderr);
  const moved = await withOperations(config, (o) =>
    o.rollbackStage(stage, requestOf(flags), progress.event),
  ).finally(() => progress.end());
  print(flags.json, moved, () => describe(moved));
}

function describe({ stage, changed, revision, from, to, fetched, notHeld }: Moved): string {
  const shown = (of: Moved['to']) => `${of.label}@${of.revision ?? '(a time)'}`;
  return [
    changed
      ? `${stage} offers ${shown(to)} now, as its revision ${revision}${from ? `; before: ${shown(from)}` : ''}`
      : `${stage} offers ${shown(to)} already${fetched > 0 ? '' : '; nothing was changed'}`,
    ...(fetched > 0 ? [`  fetched: ${shownCount(fetched)} packages`] : []),
    ...(notHeld ? [`  not held: ${shownCount(notHeld)} packages`] : []),
    ...(notHeld === null
      ? ['  packages that are not held are fetched when they are asked for']
      : []),
  ].join('\n');
}
