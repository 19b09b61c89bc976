import { compareEvr } from '../repodata/evr.ts';
import type { Action, ActionTable } from '../store/state/actions.ts';
import type { GroupCommit, StateTransaction } from '../store/state/group-commit.ts';
import type { Nevra } from '../store/state/profiles.ts';
import type { RunTable, StoredWork } from '../store/state/runs.ts';
import { isMeant, type Note } from './action-calls.ts';
import type { NamedPackage } from './action-kinds.ts';
import { type Came, mergeCame } from './run-changes.ts';
import type { Build } from './updates.ts';

interface Deps {
  table: RunTable;
  actionTable: Pick<ActionTable, 'ofWork'>;
  commit: GroupCommit;
  installed(instance: number): Promise<Build[]>;
  /** By id. */
  packages(ids: readonly number[]): Promise<Nevra[]>;
  /** What became of these is known after all. */
  onSettled(workRequests: readonly number[]): void;
  clock(): number;
}

export type RunWatch = ReturnType<typeof createRunWatch>;

/** For so long after work ended the next profile says what it changed, in milliseconds. */
const waitedFor = 86_400_000;

/** Looks into the profiles of instances that are at work: what it changed, and what became of what brought no result. */
export function createRunWatch(deps: Deps) {
  const { table, commit } = deps;
  /** Work requests by instance. */
  const watched = new Map<number, Set<number>>();

  function add(instance: number, workRequest: number): void {
    const known = watched.get(instance);
    if (known) known.add(workRequest);
    else watched.set(instance, new Set([workRequest]));
  }

  function drop(instance: number, workRequest: number): void {
    const known = watched.get(instance);
    known?.delete(workRequest);
    if (known?.size === 0) watched.delete(instance);
  }

  const change = (id: number, row: Parameters<RunTable['change']>[2]) =>
    commit.write((tx) => table.change(tx, [id], row));

  /** A profile came after this one's result had been given up. */
  async function settle(row: StoredWork): Promise<void> {
    const actions = await deps.actionTable.ofWork(row.id);
    const lost = actions.find((a) => a.state !== 'completed');
    if (lost?.state !== 'unknown') return;
    const isShown = shows(lost, await deps.installed(row.instance!));
    if (isShown === undefined) return;
    const isAll = lost === actions.at(-1);
    const end =
      isShown && isAll
        ? { outcome: 'done' as const, status: 'SUCCEEDED' as const, percent: 100 }
        : { outcome: 'failed' as const, status: 'FAILED' as const };
    const message = isShown
      ? `no result came, but the next profile shows that it was done${isAll ? '' : '; what was to follow was not begun'}`
      : 'no result came, and the next profile does not show that it was done';
    await change(row.id, { ...end, message });
    deps.onSettled([row.id]);
  }

  return {
    add,

    /** Whether it matters what the instance had before. */
    watches: (instance: number): boolean => watched.has(instance),

    /** Names of packages that its work brought, as far as is known, of which no profile tells yet. */
    async brought(instance: number): Promise<Set<string>> {
      const names = new Set<string>();
      const works = [...(watched.get(instance) ?? [])];
      const actions = (await Promise.all(works.map(deps.actionTable.ofWork))).flat();
      for (const { kind, params, state, tries } of actions.sort((a, b) => a.id - b.id)) {
        if (tries === 0 || state === 'failed') continue;
        const { packages = [] } = params as { packages?: NamedPackage[] };
        if (kind === 'packages.remove') for (const { name } of packages) names.delete(name);
        else if (brings.has(kind)) for (const { name } of packages) names.add(name);
      }
      return names;
    },

    /** What came and went between two profiles, of which the ids of packages are told. */
    async came(
      before: ReadonlyMap<number, unknown>,
      after: ReadonlyMap<number, unknown>,
    ): Promise<Came> {
      const not = (a: ReadonlyMap<number, unknown>, b: ReadonlyMap<number, unknown>) =>
        [...a.keys()].filter((id) => !b.has(id));
      const text = async (ids: number[]) => (await deps.packages(ids)).map(textOf);
      return { added: await text(not(after, before)), removed: await text(not(before, after)) };
    },

    /** Notes what came and went with the work that the instance is at. */
    async write(tx: StateTransaction, instance: number, came: Came): Promise<void> {
      for (const id of watched.get(instance) ?? []) {
        const changes = await table.changesOf(tx, id);
        if (changes === undefined) continue;
        const merged = JSON.stringify(mergeCame(changes, came));
        await table.change(tx, [id], { changes: merged });
      }
    },

    /** A profile of an instance is written, be it as it was. */
    async reported(instance: number): Promise<void> {
      for (const id of [...(watched.get(instance) ?? [])]) {
        const row = await table.find(id);
        if (row?.outcome === 'picked_up' || row?.outcome === 'queued') continue;
        drop(instance, id);
        if (row?.outcome === 'unknown') await settle(row);
        if (row && row.changes === null) await change(id, { changes: JSON.stringify(nothing) });
      }
    },

    forget: (instance: number): void => void watched.delete(instance),

    /** Remembers what there is to be watched, as after a restart. */
    async recover(): Promise<void> {
      const since = new Date(deps.clock() - waitedFor).toISOString();
      for (const { id, instance } of await table.watched(since)) add(instance, id);
    },
  };
}

const nothing: Came = { added: [], removed: [] };
const brings: ReadonlySet<string> = new Set(['packages.install', 'packages.update']);

/** Whether a profile has what was asked for; undefined for what profiles do not tell. */
function shows({ kind, result }: Action, profile: readonly Build[]): boolean | undefined {
  const { asked } = (result ?? {}) as Note;
  if (!asked) return undefined;
  if (kind === 'packages.remove') return !asked.some((p) => profile.some((b) => isMeant(p, b)));
  return asked.every((p) =>
    profile.some((build) => {
      const isOther = p.name !== build.name || (p.arch !== '' && p.arch !== build.arch);
      return !isOther && (p.version === '' || compareEvr(build, p) >= 0);
    }),
  );
}

const textOf = ({ name, epoch, version, release, arch }: Nevra): string =>
  `${name}-${Number(epoch) > 0 ? `${epoch}:` : ''}${version}-${release}.${arch}`;
