import type { OsmsDeps } from '../../../src/server/osms/door.ts';

/** Anything at all, for a table of which nothing is carried out. */
export const nothing = new Proxy(() => {}, {
  get: () => nothing,
  apply: () => nothing,
}) as unknown as OsmsDeps;
