import type { OsmsDeps } from './door.ts';
import { eventOperations } from './events.ts';
import { laterOperations } from './later.ts';
import type { Operation } from './operation.ts';
import { windowsOperations } from './windows.ts';
import { workRequestOperations } from './work-requests.ts';

/** Every operation of the API. */
export function operationsOf(deps: OsmsDeps): Operation[] {
  return [
    ...workRequestOperations(deps),
    ...windowsOperations(),
    ...eventOperations(),
    ...laterOperations(),
  ];
}
