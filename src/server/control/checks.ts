import type { Report } from '../../channels/check/report.ts';

/** What the command line asks about what revisions lack. All throw AppErrors. */
export interface CheckOperations {
  checkSource(request: CheckRequest): Promise<CheckedSource>;
}

export interface CheckRequest {
  /** `label`, or `label@` with a revision, a snapshot or a time. */
  name: string;
  /** Others, named the same way, whose packages count as there. */
  with: string[];
  /** The stream of the module `platform` that machines have, such as `el8`; null for what the source's release says. */
  platform: string | null;
}

export interface CheckedSource extends Report {
  label: string;
  /** Null for a view as it was at a time, and for what a view would have now where that is not published. */
  revision: number | null;
  /** Why what was checked is not published; null where it is. */
  problem: string | null;
  /** Milliseconds. */
  took: number;
}
