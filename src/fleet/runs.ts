import { LRUCache } from 'lru-cache';
import { AppError, explain } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { instancesText } from '../base/units.ts';
import type { Ocids } from '../identity/ocid.ts';
import type { Action, ActionTable } from '../store/state/actions.ts';
import type { GroupCommit } from '../store/state/group-commit.ts';
import type { RunTable, StoredWork } from '../store/state/runs.ts';
import { changesOf } from './run-changes.ts';
import { createQueueing, type WorkingInstance } from './run-queueing.ts';
import { childOf, countsOf, isParent, noCounts, runOf } from './run-rows.ts';
import { createStarts, type StartDeps } from './run-start.ts';
import { createSteps } from './run-steps.ts';
import type { OutcomeCounts, PackageChanges, Run, Runs as RunsContract } from './run-types.ts';
import { createRunWatch } from './run-watch.ts';
import type { Build } from './updates.ts';

export interface RunsDeps {
  table: RunTable;
  actionTable: ActionTable;
  commit: GroupCommit;
  ocids: Ocids;
  log: Log;
  instance(id: number): Promise<WorkingInstance | undefined>;
  installed(instance: number): Promise<Build[]>;
  packages: Parameters<typeof createRunWatch>[0]['packages'];
  /** Actions were given to these instances. */
  onAdded(instances: readonly number[]): void;
  tried: StartDeps['tried'];
  /** For the audit trail. */
  note(entry: { actor: string; event: string; subject: string; detail: string }): void;
  /** Milliseconds since 1970. */
  clock?(): number;
}

/** What one instance did, or is to do, of a run or alone. */
export interface WorkDetails {
  actions: Action[];
  /** Null where no profile came since. */
  changes: PackageChanges | null;
}

const mostTold = 10_000;
/** What changed at about the same time is looked at together, in milliseconds. */
const soon = 50;

/** Work on instances: on one alone, or on many as a run. */
export function createRuns(given: RunsDeps) {
  const deps = { ...given, clock: given.clock ?? Date.now };
  const { table, commit, ocids, log } = deps;
  const listeners: ((run: Run) => void)[] = [];
  /** Of which it was told that they ended: what comes to be known of them later ends them no more. */
  const told = new LRUCache<number, true>({ max: mostTold });
  const touched = new Set<number>();
  let flushing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const queueing = createQueueing(deps);
  const steps = createSteps({ ...deps, queueing, onEnded: tell });
  const start = createStarts({ ...deps, queueing });
  const watch = createRunWatch({ ...deps, onSettled: touch });

  async function tell(id: number): Promise<void> {
    if (listeners.length === 0 || told.has(id)) return;
    told.set(id, true);
    const run = await show(id);
    for (const listener of listeners) listener(run);
  }

  /** These work requests are not as they were. */
  function touch(ids: readonly number[]): void {
    for (const id of ids) touched.add(id);
    timer ??= setTimeout(() => void flush(), soon).unref();
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    flushing = (flushing ?? Promise.resolve()).then(lookAtTouched).catch((error) => {
      log.error({ reason: explain(error) }, 'runs not carried on');
    });
    return flushing;
  }

  async function lookAtTouched(): Promise<void> {
    const ids = [...touched];
    touched.clear();
    for (const id of await table.tops(ids)) {
      const row = await table.find(id);
      if (!row) continue;
      if (isParent(row)) await steps.step(id);
      else if (row.finished_at !== null) await tell(id);
    }
  }

  async function found(id: number): Promise<StoredWork> {
    const row = Number.isSafeInteger(id) ? await table.find(id) : undefined;
    if (row) return row;
    throw new AppError('not_found', `there is no run ${id}`, {
      hint: '`headwater run list` lists them',
    });
  }

  async function shown(rows: readonly StoredWork[]): Promise<Run[]> {
    const counts = new Map<number, OutcomeCounts>();
    const counted = await table.counts(rows.filter(isParent).map((row) => row.id));
    for (const row of rows) {
      counts.set(row.id, countsOf(counted.filter((c) => c.parent === row.id)));
    }
    return rows.map((row) => runOf(row, counts.get(row.id) ?? noCounts(), ocids));
  }

  async function show(id: number): Promise<Run> {
    const [run] = await shown([await found(id)]);
    return run!;
  }

  /** Work of instances that were removed ends: there is nobody to carry it out. */
  async function endOrphans(ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return;
    const end = {
      ...{ outcome: 'failed' as const, status: 'FAILED' as const },
      message: 'the instance was removed',
      finished_at: new Date(deps.clock()).toISOString(),
    };
    await commit.write((tx) => table.change(tx, ids, end));
    touch(ids);
  }

  const contract: RunsContract = {
    async start(request) {
      const { id, isNew } = await start(request);
      if (isNew) {
        const detail = `${request.description}: ${instancesText(request.instances.length)}`;
        deps.note({ actor: request.by, event: 'run.started', subject: String(id), detail });
        const row = await found(id);
        if (isParent(row) && row.finished_at === null) await steps.step(id);
        else if (row.finished_at !== null) await tell(id);
      }
      return { id, ocid: ocids.of('osmsworkrequest', id) };
    },
    show,
    async children(id, page) {
      await found(id);
      const rows = await table.children(id, page);
      const names = await Promise.all(rows.map(async (row) => deps.instance(row.instance!)));
      return rows.map((row, i) => childOf(row, names[i]?.name ?? String(row.instance), ocids));
    },
    async cancel(id, by) {
      const row = await found(id);
      if (row.finished_at !== null) throw over(row);
      const message = `${by.replace(/^user:/, '')} cancelled it`;
      if (isParent(row)) {
        const isOpen = await commit.write((tx) => table.takeBack(tx, id, message));
        if (!isOpen) throw over(await found(id));
        await steps.endRest(row, message);
      } else {
        await steps.endOne(row, message);
      }
      deps.note({
        actor: by,
        event: 'run.cancelled',
        subject: String(id),
        detail: row.description,
      });
      touch([id]);
      await flush();
      return show(id);
    },
    list: async (filter) => shown(await table.list(filter)),
    ofJob: async (job, limit) => shown(await table.list({ job, limit })),
    onEnded: (listener) => void listeners.push(listener),
  };

  return {
    ...contract,
    watch,

    /** What the one instance of a work request did. */
    async details(id: number): Promise<WorkDetails> {
      const { changes } = await found(id);
      return {
        actions: await deps.actionTable.ofWork(id),
        changes: changes === null ? null : changesOf(JSON.parse(changes)),
      };
    },

    /** Actions that belong to these were handed out, or ended. */
    touch,

    /** An instance was removed. */
    async forget(instance: number): Promise<void> {
      watch.forget(instance);
      await endOrphans([...(await table.orphans(instance)), ...(await table.waitingOf(instance))]);
    },

    /** Carries on what is open, as after a restart. */
    async recover(): Promise<void> {
      await watch.recover();
      await endOrphans(await table.orphans());
      await this.tick();
    },

    /** Looks at what time brings: windows that are over. */
    async tick(): Promise<void> {
      for (const id of await table.open()) await steps.step(id);
    },

    /** Returns when all that is known has been looked at. */
    async settled(): Promise<void> {
      while (touched.size > 0) await flush();
      await flushing;
    },
  };
}

const over = ({ id, message, status }: StoredWork): AppError =>
  new AppError('conflict', `run ${id} has ended already: ${message ?? status}`);
