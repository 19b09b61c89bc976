import type { Selectable } from 'kysely';
import type { ActionRow } from './fleet-tables.ts';

export type ActionState = ActionRow['state'];
export type EndState = Exclude<ActionState, 'queued' | 'picked_up'>;

/** Something that an instance is to do, with all that belongs to it. */
export interface Action extends ActionHead {
  /** What the administrator gave. */
  params: unknown;
  /** What came with the client's report, and what the server noted. */
  result: unknown;
}

/** Something that an instance is to do, without what may be large. Times in RFC 3339. */
export interface ActionHead {
  id: number;
  instance: number;
  kind: string;
  state: ActionState;
  /** It is held back until that one is completed. */
  prerequisite: number | null;
  earliestAt: string;
  expiresAt: string | null;
  /** How often it was handed out. */
  tries: number;
  /** The last time that it was. */
  pickedUpAt: string | null;
  endedAt: string | null;
  /** What the client said; null where it said no number, or nothing yet. */
  status: number | null;
  message: string | null;
  createdAt: string;
  createdBy: string;
  /** The number of the work request that it is of. */
  workRequest: number | null;
}

/** All but what may be large. */
export const headColumns = [
  ...(['id', 'instance', 'kind', 'state', 'prerequisite', 'earliest_at', 'expires_at'] as const),
  ...(['tries', 'picked_up_at', 'ended_at', 'status', 'message'] as const),
  ...(['created_at', 'created_by', 'work_request'] as const),
] as const;

export function actionOf(row: Selectable<ActionRow>): Action {
  return {
    ...headOf(row),
    params: JSON.parse(row.params),
    result: row.result === null ? null : JSON.parse(row.result),
  };
}

export function headOf(row: Omit<Selectable<ActionRow>, 'params' | 'result'>): ActionHead {
  return {
    id: row.id,
    instance: row.instance,
    kind: row.kind,
    state: row.state,
    prerequisite: row.prerequisite,
    earliestAt: row.earliest_at,
    expiresAt: row.expires_at,
    tries: row.tries,
    pickedUpAt: row.picked_up_at,
    endedAt: row.ended_at,
    status: row.status,
    message: row.message,
    createdAt: row.created_at,
    createdBy: row.created_by,
    workRequest: row.work_request,
  };
}
