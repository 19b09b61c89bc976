import type { Job, JobAbout } from '../../jobs/job.ts';
import type { By } from './fleet.ts';

/** What the command line asks about jobs. `by` is who asks. All throw AppErrors. */
export interface JobOperations {
  /** Refuses what would never run. One that is to run now has begun when this returns. */
  createJob(job: NewJob & By): Promise<JobDetails>;
  /** What is left out stays as it is. Another schedule or window wakes a job that has ended. */
  changeJob(id: number, change: Partial<JobAbout> & By): Promise<JobDetails>;
  /** By id. */
  listJobs(filter: JobFilter): Promise<ShownJob[]>;
  showJob(id: number): Promise<JobDetails>;
  /** Its runs stay, also those that are under way. */
  removeJob(id: number, by: By): Promise<void>;
  /** Runs it whatever its schedule and its window say; its next time stays. */
  runJobNow(id: number, by: By): Promise<StartedRun>;
  /** Leaves the next run out. */
  skipNextRun(id: number, by: By): Promise<ShownJob>;
  pauseJob(id: number, by: By): Promise<ShownJob>;
  resumeJob(id: number, by: By): Promise<ShownJob>;
  /** When jobs are due until a time (RFC 3339), in that order; of each at most so many times. */
  upcomingJobs(until: string, most: number): Promise<UpcomingRun[]>;
}

/** Without a name, one that is made of the work. */
export type NewJob = Pick<JobAbout, 'schedule' | 'work' | 'targets'> & Partial<JobAbout>;

/** All of what is given must hold. */
export interface JobFilter {
  /** A path; what is below it counts as well. */
  compartment?: string | undefined;
  state?: Job['state'] | undefined;
  /** A part of the name. */
  name?: string | undefined;
  /** Jobs that are for this instance, whichever way they name it. */
  instance?: number | undefined;
}

export interface ShownJob extends Job {
  ocid: string;
  /** What each instance does, in words. */
  does: string;
}

export interface JobDetails extends ShownJob {
  /** How many instances it is for, as things are. */
  instances: number;
  /** What people should know, a sentence each: what is no more, and which other jobs contradict it. */
  remarks: string[];
  /** The last of those remarks: each is of another job. */
  contradictions: { job: number; compartment: string; remark: string }[];
  /** The latest first. */
  runs: JobRun[];
}

export interface JobRun {
  id: number;
  /** Of the work request. */
  ocid: string;
  /** RFC 3339: for which of its times; null where somebody ran it. */
  dueAt: string | null;
  status: string;
  message: string | null;
  acceptedAt: string;
  finishedAt: string | null;
}

export interface StartedRun {
  id: number;
  ocid: string;
  instances: number;
  message: string | null;
}

export interface UpcomingRun {
  job: number;
  name: string;
  compartment: string;
  does: string;
  at: string;
}
