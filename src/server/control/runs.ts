import type { Outcome, Run, RunChild, RunFilter } from '../../fleet/run-types.ts';
import type { WorkDetails } from '../../fleet/runs.ts';
import type { By } from './fleet.ts';

/** What the command line and the API ask about work on instances. `by` is who asks. All throw AppErrors. */
export interface RunOperations {
  /** Has one instance, several, or all of a group do something at their check-ins. */
  startWork(request: WorkRequested): Promise<Run>;
  /** The newest first. */
  listRuns(filter: RunFilter): Promise<Run[]>;
  showRun(id: number): Promise<ShownRun>;
  /** Those with a greater number than `after`. */
  listRunChildren(
    id: number,
    page: { after?: number; outcome?: Outcome; limit: number },
  ): Promise<RunChild[]>;
  /** Takes back what was not handed out yet. */
  cancelRun(id: number, by: By): Promise<Run>;
}

/** Either `instances` or `group`. */
export interface WorkRequested extends By {
  /** As `parseWork` takes it. */
  work: unknown;
  instances: number[] | null;
  group: string | null;
  /** Made of the work where it is left out. */
  description?: string | null;
  rollout?: {
    /** How many, or what share of them, such as `20%`. */
    maxAtOnce?: number | string | null;
    stopAfter?: number | null;
    /** RFC 3339. */
    until?: string | null;
  } | null;
}

export interface ShownRun extends Run {
  /** Of one instance alone, or of its part of a run. */
  details: WorkDetails | null;
}
