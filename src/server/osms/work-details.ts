import { z } from 'zod';
import type { ScriptResult } from '../../fleet/action-results.ts';
import type { NamedResource, WorkRequest } from '../../fleet/work-requests.ts';
import type { Action } from '../../store/state/actions.ts';
import type { WorkRequestNote } from '../../store/state/work-requests.ts';
import type { ShownRun } from '../control/runs.ts';
import type { OsmsDeps } from './door.ts';
import { timeOf } from './names.ts';

const countSchema = z.number().int();

/** What is told of work on instances beyond the SDK's model. */
export const workDetailsSchema = z.object({
  /** Of one instance: waiting, queued, picked_up, done, failed, timed_out, unknown or cancelled. */
  outcome: z.string().optional(),
  work: z.record(z.string(), z.unknown()),
  /** Of several: how many there are by outcome, and in all. */
  counts: z.record(z.string(), countSchema).optional(),
  maxAtOnce: countSchema.optional(),
  stopAfter: countSchema.optional(),
  until: z.iso.datetime().optional(),
  actions: z
    .array(
      z.object({
        id: countSchema,
        kind: z.string(),
        state: z.string(),
        status: countSchema.optional(),
        message: z.string().optional(),
        tries: countSchema,
        timeHandedOut: z.iso.datetime().optional(),
        timeEnded: z.iso.datetime().optional(),
        exitCode: countSchema.optional(),
        output: z.string().optional(),
      }),
    )
    .optional(),
  /** What other packages the instance has since. */
  changedPackages: z
    .object({
      installed: z.array(z.string()),
      removed: z.array(z.string()),
      changed: z.array(z.object({ name: z.string(), from: z.string(), to: z.string() })),
      more: countSchema,
    })
    .optional(),
});

/** Whether instances carry it out, and not this server. */
export const isOfInstances = ({ run, outcome }: WorkRequest): boolean =>
  run !== null || outcome !== null;

export function shownWork({ work, rollout, counts, instance, details }: ShownRun) {
  const { maxAtOnce, stopAfter, until } = rollout;
  const outcome = (Object.keys(counts) as (keyof typeof counts)[]).find(
    (key) => key !== 'total' && counts[key] > 0,
  );
  return {
    work,
    ...(instance === undefined ? { counts } : { outcome }),
    ...{ maxAtOnce, stopAfter, until: timeOf(until ?? null) },
    actions: details?.actions.map(shownAction),
    changedPackages: details?.changes ?? undefined,
  };
}

function shownAction(action: Action) {
  const { data } = (action.result ?? {}) as { data?: Partial<ScriptResult> };
  return {
    ...{ id: action.id, kind: action.kind, state: action.state, tries: action.tries },
    status: action.status ?? undefined,
    message: action.message ?? undefined,
    timeHandedOut: timeOf(action.pickedUpAt),
    timeEnded: timeOf(action.endedAt),
    exitCode: data?.exitCode ?? undefined,
    output: typeof data?.output === 'string' ? data.output : undefined,
  };
}

/** What it acts on where nothing was written down: its instance, or the group that it is for. */
export async function resourcesOf(
  { identity, managed }: Pick<OsmsDeps, 'identity' | 'managed'>,
  { run, instance, resources }: WorkRequest,
): Promise<NamedResource[]> {
  if (resources.length > 0) return resources;
  if (instance !== null) {
    const name = (await managed.instances.get(instance))?.name ?? String(instance);
    const ocid = identity.ocids.of('instance', instance);
    return [{ kind: 'instance', subject: String(instance), action: 'UPDATED', ocid, name }];
  }
  const { group } = JSON.parse(run ?? '{}') as { group?: string };
  if (group === undefined) return [];
  const { ocid, displayName } = await identity.resources.of('group', group);
  return [{ kind: 'group', subject: group, action: 'UPDATED', ocid, name: displayName ?? group }];
}

/** What the actions of an instance's work say of it: entries of its log, or errors. */
export function notesOfActions(
  actions: readonly Action[],
  kind: 'log' | 'errors',
): WorkRequestNote[] {
  const notes = actions.flatMap((action) => {
    const note = (at: string | null, message: string, code: string | null = null) =>
      at === null ? [] : [{ id: action.id, at, code, message }];
    const { message, state } = action;
    const said = `action ${action.id} (${action.kind})`;
    if (kind === 'errors') {
      const isError = state === 'failed' || state === 'unknown' || state === 'expired';
      return isError ? note(action.endedAt, message ?? `${said} ${state}`, 'conflict') : [];
    }
    return [
      ...note(action.createdAt, `${said} is queued`),
      ...note(action.pickedUpAt, `${said} was handed out`),
      ...note(action.endedAt, `${said} is ${state}${message ? `: ${message}` : ''}`),
    ];
  });
  return notes.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
}
