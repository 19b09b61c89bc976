import type { ActionTable } from '../store/state/actions.ts';
import type { GroupCommit, StateTransaction } from '../store/state/group-commit.ts';
import type { RunTable, StoredWork } from '../store/state/runs.ts';
import { lacks } from './action-calls.ts';
import { actionKind, type NamedPackage } from './action-kinds.ts';
import { actionOf } from './run-actions.ts';
import { isParent, plannedOf } from './run-rows.ts';
import { type Step, stepsOf, type Work } from './run-work.ts';

/** What is to be known of an instance that is given work. */
export interface WorkingInstance {
  id: number;
  name: string;
  capabilities: string;
  osRelease: string;
  compartment: string | null;
}

export interface QueueingDeps {
  table: RunTable;
  actionTable: Pick<ActionTable, 'create' | 'crowded' | 'openOf'>;
  commit: GroupCommit;
  instance(id: number): Promise<WorkingInstance | undefined>;
  /** Actions were given to these instances. */
  onAdded(instances: readonly number[]): void;
  clock(): number;
}

/** So many open actions at most for an instance. */
const mostOpen = 1000;

export interface ToDo {
  id: number;
  instance: number;
}

/** Gives instances the actions of their part of a run. */
export function createQueueing(deps: QueueingDeps) {
  const { table, actionTable, commit } = deps;

  /** Why an instance cannot do that; undefined where it can. */
  async function refusal(
    id: number,
    work: Work,
    crowded?: ReadonlySet<number>,
  ): Promise<string | undefined> {
    const instance = await deps.instance(id);
    if (!instance) return 'there is no such instance any more';
    for (const step of stepsOf(work)) {
      const why = unable(instance, step);
      if (why !== undefined) return why;
    }
    const full = crowded ?? (await actionTable.crowded([id], mostOpen));
    return full.has(id) ? `it has ${mostOpen} open actions already` : undefined;
  }

  /** Adds the actions of these, one for each step, each after the one before. */
  async function add(
    tx: StateTransaction,
    row: Pick<StoredWork, 'run' | 'created_by'>,
    todo: readonly ToDo[],
  ): Promise<void> {
    const { work, rollout } = plannedOf(row);
    const at = new Date(deps.clock()).toISOString();
    const common = {
      ...{ earliestAt: at, expiresAt: rollout?.until ?? null },
      ...{ createdAt: at, createdBy: row.created_by },
    };
    let before = new Map<number, number>();
    for (const step of stepsOf(work)) {
      const { kind, params } = actionOf(step);
      const targets = todo.map(({ id, instance }) => ({
        ...{ instance, workRequest: id, prerequisite: before.get(instance) ?? null },
      }));
      const parsed = actionKind(kind)!.schema.parse(params);
      const made = await actionTable.create(tx, targets, { kind, params: parsed, ...common });
      before = new Map(made.map((action) => [action.instance, action.id]));
    }
  }

  /** What is queued for these, or comes to it when it is their turn, that does the opposite, in words, by instance. */
  async function contradictions(
    work: Work,
    instances: readonly number[],
  ): Promise<Map<number, string>> {
    const said = new Map<number, string>();
    const comes = namesOf(work, ['install', 'update']);
    const goes = namesOf(work, ['remove']);
    if (comes.size + goes.size === 0) return said;
    const kinds = ['packages.install', 'packages.update', 'packages.remove'];
    for (const { id, instance, kind, params } of await actionTable.openOf(instances, kinds)) {
      const opposite = kind === 'packages.remove' ? comes : goes;
      const { packages } = params as { packages: NamedPackage[] };
      const both = packages.find((p) => opposite.has(p.name));
      if (!both) continue;
      const does = kind === 'packages.remove' ? 'removes' : 'installs';
      said.set(instance, `action ${id}, which is carried out before, ${does} ${both.name}`);
    }
    for (const id of await table.open()) {
      const row = await table.find(id);
      const other = row && isParent(row) ? plannedOf(row).work : undefined;
      if (!other) continue;
      const gone = [...namesOf(other, ['remove'])].find((name) => comes.has(name));
      const come = [...namesOf(other, ['install', 'update'])].find((name) => goes.has(name));
      if (gone === undefined && come === undefined) continue;
      const does = gone === undefined ? `installs ${come}` : `removes ${gone}`;
      const text = `run ${id}, in which its turn is still to come, ${does} then`;
      for (const instance of await table.waitingAmong(id, instances)) {
        const before = said.get(instance);
        said.set(instance, before === undefined ? text : `${before}; ${text}`);
      }
    }
    return said;
  }

  return {
    refusal,
    add,
    contradictions,

    /** Gives those of these their actions that wait still; those that cannot have them fail. */
    async queue(row: StoredWork, children: readonly ToDo[]): Promise<void> {
      const { work } = plannedOf(row);
      const at = new Date(deps.clock()).toISOString();
      const refused = new Map<string, number[]>();
      const ready: ToDo[] = [];
      const crowded = await actionTable.crowded(
        children.map((child) => child.instance),
        mostOpen,
      );
      for (const child of children) {
        const why = await refusal(child.instance, work, crowded);
        if (why === undefined) ready.push(child);
        else refused.set(why, [...(refused.get(why) ?? []), child.id]);
      }
      const opposed = await contradictions(
        work,
        ready.map((child) => child.instance),
      );
      await commit.write(async (tx) => {
        const waiting = await table.stillWaiting(
          tx,
          children.map((child) => child.id),
        );
        for (const [message, ids] of refused) {
          await table.change(
            tx,
            ids.filter((id) => waiting.has(id)),
            { outcome: 'failed', status: 'FAILED', message, started_at: at, finished_at: at },
          );
        }
        const todo = ready.filter((child) => waiting.has(child.id));
        await add(tx, row, todo);
        await table.change(
          tx,
          todo.map((child) => child.id),
          { outcome: 'queued' },
        );
        for (const { id, instance } of todo) {
          const message = opposed.get(instance);
          if (message !== undefined) await table.note(tx, id, { at, message });
        }
      });
      deps.onAdded(ready.map((child) => child.instance));
    },
  };
}

/** Releases whose yum knows nothing of modules. */
const withoutModules = /^[5-7](?:\D|$)/;

function unable(instance: WorkingInstance, step: Step): string | undefined {
  if (step.kind === 'modules' && withoutModules.test(instance.osRelease)) {
    return `it has release ${instance.osRelease}, whose yum knows of no modules`;
  }
  return lacks(actionKind(actionOf(step).kind)!, instance.capabilities);
}

function namesOf(work: Work, kinds: readonly Step['kind'][]): Set<string> {
  const names = new Set<string>();
  for (const step of stepsOf(work)) {
    if (!kinds.includes(step.kind)) continue;
    const { params } = actionOf(step);
    for (const { name } of (params as { packages: { name: string }[] }).packages) names.add(name);
  }
  return names;
}
