import { AppError, errorCode, oneLine } from '../base/errors.ts';
import type { Action } from '../store/state/actions.ts';
import type { Call } from './action-calls.ts';
import { actionKind } from './action-kinds.ts';
import { actionOf } from './run-actions.ts';
import type { createQueueing, QueueingDeps, WorkingInstance } from './run-queueing.ts';
import type { Planned } from './run-rows.ts';
import type { NewRun } from './run-types.ts';
import { stepsOf } from './run-work.ts';

export interface StartDeps
  extends Pick<QueueingDeps, 'table' | 'commit' | 'instance' | 'clock' | 'onAdded'> {
  queueing: ReturnType<typeof createQueueing>;
  /** What an instance would get of an action now. */
  tried(
    instance: WorkingInstance,
    action: Pick<Action, 'kind' | 'params' | 'workRequest'>,
  ): Promise<Call>;
}

/** So many instances at a time; so many bytes are kept for all of them. */
const mostInstances = 100_000;
const mostBytes = 64 * 1024 * 1024;
const longest = 1000;

/** Makes the rows of runs. */
export function createStarts(deps: StartDeps) {
  const { table, commit, queueing } = deps;

  function common({ work, rollout, group, ...request }: NewRun, at: string) {
    const planned: Planned = {
      work,
      ...(rollout && { rollout }),
      ...(group !== undefined && { group }),
    };
    return {
      ...{ operation_type: request.operationType, status: 'ACCEPTED' as const },
      description: oneLine(request.description).slice(0, longest),
      run: JSON.stringify(planned),
      ...{ job: request.job ?? null, due_at: request.dueAt ?? null },
      ...{ created_by: request.by, accepted_at: at },
      ...{ message: null, started_at: null, finished_at: null, changes: null },
    };
  }

  /** Throws AppErrors where the instance cannot do the work. */
  async function requireAble(id: number, { work }: NewRun): Promise<WorkingInstance> {
    const instance = await deps.instance(id);
    if (!instance) {
      throw new AppError('not_found', `there is no instance ${id}`, {
        hint: '`headwater instance list` lists them',
      });
    }
    const why = (await queueing.refusal(id, work)) ?? (await lacking(instance, work));
    if (why === undefined) return instance;
    throw new AppError('conflict', `${instance.name} (${id}) cannot do that: ${why}`);
  }

  /** Of what is to be installed what it cannot have. */
  async function lacking(instance: WorkingInstance, work: NewRun['work']) {
    for (const step of stepsOf(work)) {
      if (step.kind !== 'install' && step.kind !== 'update') continue;
      const { kind, params } = actionOf(step);
      const parsed = actionKind(kind)!.schema.parse(params);
      const call = await deps.tried(instance, { kind, params: parsed, workRequest: 0 });
      if ('refusal' in call) return call.refusal;
    }
    return undefined;
  }

  async function single(request: NewRun, id: number): Promise<number> {
    const { compartment } = await requireAble(id, request);
    const at = new Date(deps.clock()).toISOString();
    const opposed = (await queueing.contradictions(request.work, [id])).get(id);
    const row = {
      ...common(request, at),
      ...{ compartment: compartment ?? '', instance: id, parent: null, outcome: 'queued' as const },
    };
    const made = await commit.write(async (tx) => {
      const workRequest = await table.add(tx, row);
      await queueing.add(tx, row, [{ id: workRequest, instance: id }]);
      if (opposed !== undefined) await table.note(tx, workRequest, { at, message: opposed });
      return workRequest;
    });
    deps.onAdded([id]);
    return made;
  }

  /** The parent, and a waiting child for each instance. */
  async function many(request: NewRun, instances: readonly number[]): Promise<number> {
    const at = new Date(deps.clock()).toISOString();
    const row = {
      ...common(request, at),
      ...{ compartment: request.compartment, instance: null, parent: null, outcome: null },
    };
    const children: { instance: number; compartment: string }[] = [];
    for (const instance of instances) {
      const compartment = (await deps.instance(instance))?.compartment ?? '';
      children.push({ instance, compartment });
    }
    const ended = {
      ...{ status: 'SUCCEEDED' as const, percent: 100, started_at: at, finished_at: at },
      message: 'there are no instances: nothing was done',
    };
    return commit.write(async (tx) => {
      const parent = await table.add(tx, { ...row, ...(children.length === 0 && ended) });
      const { run: _, job: _job, due_at: _due, ...common } = row;
      await table.addChildren(tx, children, {
        ...common,
        parent,
        run: null,
        job: null,
        due_at: null,
      });
      return parent;
    });
  }

  /** Gives the work request's number, and whether it was made just now. */
  return async (request: NewRun): Promise<{ id: number; isNew: boolean }> => {
    const instances = [...new Set(request.instances)];
    if (instances.length > mostInstances) {
      throw new AppError('limit', `at most ${mostInstances} instances can be named at a time`);
    }
    if (JSON.stringify(request.work).length * instances.length > mostBytes) {
      throw new AppError('limit', 'that is too much for so many instances', {
        hint: 'give it to fewer at a time',
      });
    }
    const { job, dueAt, rollout } = request;
    if (rollout?.until !== undefined && Date.parse(rollout.until) <= deps.clock()) {
      throw new AppError('usage', `it would have to be over already, on ${rollout.until}`);
    }
    const known =
      job !== undefined && dueAt !== undefined ? await table.ofTime(job, dueAt) : undefined;
    if (known !== undefined) return { id: known, isNew: false };
    try {
      const [first] = instances;
      const isSingle = request.single && instances.length === 1;
      const id = isSingle ? await single(request, first!) : await many(request, instances);
      return { id, isNew: true };
    } catch (error) {
      if (errorCode(error) !== 'SQLITE_CONSTRAINT_UNIQUE') throw error;
      const other = await table.ofTime(job!, dueAt!);
      if (other === undefined) throw error;
      return { id: other, isNew: false };
    }
  };
}
