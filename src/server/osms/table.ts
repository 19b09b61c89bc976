import type { OsmsDeps } from './door.ts';
import { errataOperations } from './errata.ts';
import { eventOperations } from './events.ts';
import { groupOperations } from './groups.ts';
import { instancePreviewOperations } from './instance-preview.ts';
import { instanceWorkOperations } from './instance-work.ts';
import { instanceOperations } from './instances.ts';
import { jobOperations } from './jobs.ts';
import { heedingMatch } from './match.ts';
import { moduleWorkOperations } from './module-work.ts';
import { moduleOperations } from './modules.ts';
import type { Operation } from './operation.ts';
import { packageOperations } from './packages.ts';
import { sourceActionOperations } from './source-actions.ts';
import { sourceOperations } from './sources.ts';
import { windowsOperations } from './windows.ts';
import { workRequestOperations } from './work-requests.ts';

/** Every operation of the API. */
export function operationsOf(deps: OsmsDeps): Operation[] {
  return heedingMatch(deps, [
    ...sourceOperations(deps),
    ...sourceActionOperations(deps),
    ...instanceOperations(deps),
    ...instanceWorkOperations(deps),
    ...moduleWorkOperations(deps),
    ...instancePreviewOperations(deps),
    ...groupOperations(deps),
    ...packageOperations(deps),
    ...moduleOperations(deps),
    ...errataOperations(deps),
    ...workRequestOperations(deps),
    ...jobOperations(deps),
    ...windowsOperations(),
    ...eventOperations(),
  ]);
}
