import type { z } from 'zod';
import { AppError } from '../base/errors.ts';
import type { ActionHead } from '../store/state/actions.ts';
import { lacks } from './action-calls.ts';
import { actionKind, actionKinds } from './action-kinds.ts';
import type { ActionsDeps } from './actions.ts';

export interface ActionRequest {
  kind: string;
  /** As the kind's schema says. */
  params: unknown;
  /** RFC 3339; now where it is left out. */
  earliestAt?: string | null;
  /** RFC 3339: not handed out from then on. */
  expiresAt?: string | null;
  /** An action of the same instance that is to be completed before. */
  after?: number | null;
}

/** So many open ones at most for an instance; so many instances at a time, and bytes that are kept for all of them. */
const mostOpen = 1000;
const mostInstances = 10_000;
const mostBytes = 64 * 1024 * 1024;

type Deps = Pick<ActionsDeps, 'table' | 'commit' | 'instance' | 'note' | 'clock'>;

/** Adds an action to the queues of instances: to all of them, or to none. */
export function createActionMaker(deps: Deps, onAdded: (instances: readonly number[]) => void) {
  const { table, commit, note } = deps;

  async function check(ids: readonly number[], kind: NonNullable<ReturnType<typeof actionKind>>) {
    if (ids.length === 0) throw new AppError('usage', 'no instance is named');
    if (ids.length > mostInstances) {
      throw new AppError('limit', `at most ${mostInstances} instances can be named at a time`);
    }
    for (const id of ids) {
      const instance = await deps.instance(id);
      if (!instance) {
        throw new AppError('not_found', `there is no instance ${id}`, {
          hint: '`headwater instance list` lists them',
        });
      }
      const lacking = lacks(kind, instance.capabilities);
      if (lacking) {
        throw new AppError('conflict', `${instance.name} (${id}) cannot do that: ${lacking}`, {
          hint: needed[kind.needs!] ?? 'nothing can make it do that',
        });
      }
      if ((await table.countOpen(id)) >= mostOpen) {
        throw new AppError(
          'limit',
          `${instance.name} (${id}) has ${mostOpen} open actions already`,
        );
      }
    }
  }

  async function checkPrerequisite(ids: readonly number[], after: number): Promise<void> {
    const found = Number.isSafeInteger(after) ? await table.find(after) : undefined;
    if (!found) throw new AppError('not_found', `there is no action ${after}`);
    if (ids.every((id) => id === found.instance)) return;
    throw new AppError('usage', `action ${after} is one of instance ${found.instance}`, {
      hint: 'an action waits for others of the same instance only',
    });
  }

  /** `by` is who asks. Throws AppErrors and adds nothing. */
  return async (
    ids: readonly number[],
    request: ActionRequest,
    by: string,
  ): Promise<ActionHead[]> => {
    const kind = actionKind(request.kind);
    if (!kind) {
      throw new AppError('usage', `there are no actions ${request.kind}`, {
        hint: `there are ${Object.keys(actionKinds).join(', ')}`,
      });
    }
    const params = kind.schema.safeParse(request.params);
    if (!params.success) throw new AppError('usage', whatIsWrong(request.kind, params.error));
    const now = (deps.clock ?? Date.now)();
    const times = timesOf(request, now);
    const instances = [...new Set(ids)];
    if (JSON.stringify(params.data).length * instances.length > mostBytes) {
      throw new AppError('limit', 'that is too much for so many instances', {
        hint: 'give it to fewer at a time',
      });
    }
    await check(instances, kind);
    const after = request.after ?? null;
    if (after !== null) await checkPrerequisite(instances, after);
    const made = await commit.write(async (tx) => {
      const before = after === null ? undefined : await table.stateOf(tx, after);
      if (before && before !== 'completed' && !isOpen(before)) {
        throw new AppError('conflict', `action ${after} is ${before}: nothing can wait for it`);
      }
      const targets = instances.map((instance) => ({
        ...{ instance, prerequisite: after, workRequest: null },
      }));
      return table.create(tx, targets, {
        ...{ kind: request.kind, params: params.data },
        ...{ ...times, createdAt: new Date(now).toISOString(), createdBy: by },
      });
    });
    onAdded(instances);
    for (const { id, instance } of made) {
      const about = { instance, subject: String(id), detail: request.kind };
      note({ actor: by, event: 'action.created', ...about });
    }
    return made;
  };
}

const isOpen = (state: ActionHead['state']) => state === 'queued' || state === 'picked_up';

const needed: Record<string, string> = {
  'script.run':
    'install rhncfg-actions there and let `rhn-actions-control --enable-run` allow it; the next check-in announces it',
};

function timesOf({ earliestAt, expiresAt }: ActionRequest, now: number) {
  const earliest = timeOf(earliestAt) ?? new Date(now).toISOString();
  const expires = timeOf(expiresAt);
  if (expires !== null && expires <= earliest) {
    throw new AppError('usage', `it would expire on ${expires}, before it may begin`);
  }
  if (expires !== null && Date.parse(expires) <= now) {
    throw new AppError('usage', `it would have expired already, on ${expires}`);
  }
  return { earliestAt: earliest, expiresAt: expires };
}

function timeOf(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new AppError('usage', `${text} is no time`);
  return time.toISOString();
}

function whatIsWrong(kind: string, { issues }: z.ZodError): string {
  const [issue] = issues;
  const at = issue?.path.join('.');
  return `${kind}: ${at ? `${at}: ` : ''}${issue?.message ?? 'not as it should be'}`;
}
