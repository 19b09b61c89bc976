import type { WorkOutcome } from '../store/state/identity-tables.ts';
import type { StoredWorkRequest } from '../store/state/work-requests.ts';
import type { Work } from './run-work.ts';

/** What is to be done on which instances. */
export interface NewRun {
  work: Work;
  /** Each once; of none a run is made that ended. */
  instances: readonly number[];
  /** The work request is the one instance's own, with no parent. */
  single?: boolean | undefined;
  /** The path of the compartment that it belongs to. */
  compartment: string;
  description: string;
  /** As the API names it: `operationTypeOf(work)`. */
  operationType: string;
  /** What it is about besides the instances: a group that it is for. */
  group?: string | undefined;
  /** Who asks for it, as actions note it: user:NAME, job:ID. */
  by: string;
  job?: number | undefined;
  /** RFC 3339: for which time of its job it is. At most one is made for each. */
  dueAt?: string | undefined;
  rollout?: Rollout | undefined;
}

export interface Rollout {
  /** Others wait until one of so many has ended. */
  maxAtOnce?: number | undefined;
  /** After so many failures what was not handed out is cancelled. Timed out and unknown are failures. */
  stopAfter?: number | undefined;
  /** RFC 3339: nothing is handed out from then on. */
  until?: string | undefined;
}

/** What became of an instance's part, or how far it is. */
export type Outcome = WorkOutcome;

export type OutcomeCounts = Record<Outcome, number> & { total: number };

export type RunStatus = StoredWorkRequest['status'];

/** A run, or the work request of a single instance. Times in RFC 3339. */
export interface Run {
  id: number;
  ocid: string;
  operationType: string;
  status: RunStatus;
  compartment: string;
  description: string;
  message: string | null;
  /** Of a hundred. */
  percent: number;
  work: Work;
  rollout: Rollout;
  /** Undefined where it is of several instances. */
  instance: number | undefined;
  /** The run that it is part of. */
  parent: number | null;
  job: number | null;
  dueAt: string | null;
  by: string;
  acceptedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  counts: OutcomeCounts;
}

/** What one instance does of a run. */
export interface RunChild {
  id: number;
  ocid: string;
  instance: number;
  /** The path of the instance's compartment, as it was when the run began. */
  compartment: string;
  name: string;
  outcome: Outcome;
  status: RunStatus;
  message: string | null;
  percent: number;
  startedAt: string | null;
  finishedAt: string | null;
}

/** What other packages an instance has since; of many, the first. */
export interface PackageChanges {
  installed: string[];
  removed: string[];
  /** Of one name and architecture another version: `name.arch`, and EVRs. */
  changed: { name: string; from: string; to: string }[];
  /** How many are left out. */
  more: number;
}

export interface RunFilter {
  job?: number | undefined;
  instance?: number | undefined;
  /** Those that have not ended. */
  open?: boolean | undefined;
  /** Those before this one. */
  before?: number | undefined;
  limit: number;
}

export interface Runs {
  /**
   * Throws AppErrors: 'not_found' where one instance alone is named that there is not, or a package that none of its sources has;
   * 'conflict' where it cannot do that. Of several those fail that cannot. Gives the run that there is where one was made for
   * this time of this job.
   */
  start(request: NewRun): Promise<{ id: number; ocid: string }>;
  /** Throws AppError 'not_found', as the others do that take a number. */
  show(id: number): Promise<Run>;
  /** Those with a greater number than `after`. */
  children(
    id: number,
    page: { after?: number | undefined; outcome?: Outcome | undefined; limit: number },
  ): Promise<RunChild[]>;
  /** What was handed out already goes on, and counts as what comes of it. Of a child, that one only. */
  cancel(id: number, by: string): Promise<Run>;
  /** The newest first. */
  list(filter: RunFilter): Promise<Run[]>;
  ofJob(job: number, limit: number): Promise<Run[]>;
  /** Calls it for each run, and each work request of a single instance, when it has ended. */
  onEnded(listener: (run: Run) => void): void;
}
