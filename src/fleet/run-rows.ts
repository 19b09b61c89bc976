import type { Ocids } from '../identity/ocid.ts';
import type { StoredWork } from '../store/state/runs.ts';
import type { Outcome, OutcomeCounts, Rollout, Run, RunChild } from './run-types.ts';
import type { Work } from './run-work.ts';

/** What is kept of a run, or of the work of a single instance, besides its columns. */
export interface Planned {
  work: Work;
  rollout?: Rollout;
  group?: string;
}

export const plannedOf = (row: Pick<StoredWork, 'run'>): Planned =>
  row.run === null ? { work: { kind: 'steps', steps: [] } } : (JSON.parse(row.run) as Planned);

/** Whether it has children. */
export const isParent = (row: StoredWork): boolean => row.run !== null && row.outcome === null;

export const noCounts = (): OutcomeCounts => ({
  ...{ waiting: 0, queued: 0, picked_up: 0, done: 0, failed: 0, timed_out: 0 },
  ...{ unknown: 0, cancelled: 0, total: 0 },
});

/** Adds what a table counted. */
export function countsOf(
  rows: readonly { outcome: Outcome | null; count: number }[],
): OutcomeCounts {
  const counts = noCounts();
  for (const { outcome, count } of rows) {
    if (outcome === null) continue;
    counts[outcome] += count;
    counts.total += count;
  }
  return counts;
}

export const openCount = (c: OutcomeCounts): number => c.waiting + c.queued + c.picked_up;
export const failureCount = (c: OutcomeCounts): number => c.failed + c.timed_out + c.unknown;

/** How far a run is, for people. */
export function saidOfCounts(c: OutcomeCounts): string {
  const others = (['failed', 'timed_out', 'unknown', 'cancelled'] as const)
    .filter((o) => c[o] > 0)
    .map((o) => `${c[o]} ${inWords[o]}`);
  return [`${c.done} of ${c.total} done`, ...others].join(', ');
}

const inWords = {
  failed: 'failed',
  timed_out: 'timed out',
  unknown: 'of unknown outcome',
  cancelled: 'cancelled',
} as const;

export function runOf(row: StoredWork, counts: OutcomeCounts, ocids: Ocids): Run {
  const { work, rollout = {} } = plannedOf(row);
  return {
    id: row.id,
    ocid: ocids.of('osmsworkrequest', row.id),
    operationType: row.operation_type,
    status: row.status,
    compartment: row.compartment,
    description: row.description,
    message: row.message,
    percent: percentOf(row, counts),
    work,
    rollout,
    instance: row.instance ?? undefined,
    parent: row.parent,
    job: row.job,
    dueAt: row.due_at,
    by: row.created_by,
    acceptedAt: row.accepted_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    counts: row.outcome === null ? counts : countsOf([{ outcome: row.outcome, count: 1 }]),
  };
}

export function percentOf(row: StoredWork, counts: OutcomeCounts): number {
  if (row.outcome !== null || counts.total === 0) return row.percent;
  return Math.floor((100 * (counts.total - openCount(counts))) / counts.total);
}

export function childOf(row: StoredWork, name: string, ocids: Ocids): RunChild {
  return {
    id: row.id,
    ocid: ocids.of('osmsworkrequest', row.id),
    ...{ instance: row.instance!, compartment: row.compartment },
    name,
    outcome: row.outcome!,
    status: row.status,
    message: row.message,
    percent: row.percent,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}
