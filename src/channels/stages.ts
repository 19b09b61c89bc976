import { AppError, explain } from '../base/errors.ts';
import { noFilters } from '../base/filters.ts';
import type { Source, StageSource } from '../base/source.ts';
import type { Leases } from '../store/collect/leases.ts';
import { type DerivedParent, findRevision } from '../store/objects/derived.ts';
import type { Objects } from '../store/objects/objects.ts';
import type { Move, MoveTable } from '../store/state/moves.ts';
import type { RevisionTable } from '../store/state/revisions.ts';
import type { SnapshotTable } from '../store/state/snapshots.ts';
import type { FetchProgress, Holdings } from './holdings.ts';
import type { Publisher } from './publisher.ts';
import type { Resolver } from './resolve.ts';
import { requireObjects } from './stages-objects.ts';
import { targetOf } from './stages-target.ts';

export interface StagesDeps {
  objects: Objects;
  leases: Pick<Leases, 'take'>;
  revisions: RevisionTable;
  moves: MoveTable;
  snapshots: SnapshotTable;
  resolver: Pick<Resolver, 'resolve'>;
  publisher: Pick<Publisher, 'publish'>;
  holdings: Holdings;
  source(label: string): Source | undefined;
  sources(): Source[];
  /** Breaks off what is being fetched, and lets nothing new begin in the background. */
  signal: AbortSignal;
  /** Hears why a stage could not take what the configuration says. */
  onUnsettled(label: string, error: unknown): void;
}

export interface MoveOptions {
  by: string;
  /** Whether packages that are not held are fetched first; undefined for as the stage says. */
  fetch?: boolean | undefined;
  /** Whether packages that cannot be fetched keep it from being moved. */
  allowMissing?: boolean | undefined;
  onProgress?: ((progress: FetchProgress) => void) | undefined;
}

export interface Moved {
  stage: string;
  /** False where it offered that already: packages may have been fetched then, and nothing else was done. */
  changed: boolean;
  /** The stage's own revision. */
  revision: number;
  from: DerivedParent | null;
  to: DerivedParent;
  fetched: number;
  /** How many packages could not be fetched, or are left at upstream; null where nobody looked. */
  notHeld: number | null;
}

type Plan = Pick<Move, 'kind' | 'to' | 'undoes'>;

/** Stages: each offers one revision of what it follows, until it is moved to another. */
export function createStages(deps: StagesDeps) {
  const { objects, revisions, moves, holdings, signal } = deps;
  const moving = new Map<string, Promise<unknown>>();
  const settling = new Set<Promise<void>>();
  /** Why stages could not take what the configuration says. */
  const problems = new Map<string, string>();

  /** What a stage offers; undefined before its first move. */
  async function offered(label: string): Promise<DerivedParent | undefined> {
    const current = await revisions.current(label);
    const found = current && (await findRevision(objects, current.manifest));
    return found?.kind === 'derived' ? found.derived.parents[0] : undefined;
  }

  function stageOf(label: string): StageSource {
    const source = deps.source(label);
    if (source?.kind === 'stage') return source;
    throw source
      ? new AppError('usage', `source ${label} is no stage: it follows no other`)
      : new AppError('not_found', `there is no stage ${label}`, {
          hint: '`headwater source list` shows those there are',
        });
  }

  /** One move at a time: another one meanwhile is refused, and changes nothing. */
  async function alone<T>(label: string, act: () => Promise<T>): Promise<T> {
    if (moving.has(label)) {
      throw new AppError('conflict', `stage ${label} is being moved already`, {
        hint: 'try again when that is over',
      });
    }
    const done = act().finally(() => moving.delete(label));
    moving.set(label, done);
    return done;
  }

  async function move(stage: StageSource, plan: Plan, options: MoveOptions): Promise<Moved> {
    const { label } = stage;
    const { to } = plan;
    const from = (await offered(label)) ?? null;
    // What it is to offer stays, also where that revision is being forgotten.
    const lease = await deps.leases.take([to.manifest]);
    try {
      if (!from || !same(from, to)) return await moveTo(stage, plan, { ...options, from });
      const { number: revision } = (await revisions.current(label))!;
      // What the configuration says is looked at again and again, and fetched once.
      const fetch = plan.kind === 'configured' ? false : options.fetch;
      const got = await fetchPackages(stage, to, { ...options, fetch });
      return { stage: label, changed: false, revision, from, to, ...got };
    } finally {
      lease.end();
    }
  }

  async function moveTo(
    stage: StageSource,
    plan: Plan,
    { from, ...options }: MoveOptions & { from: DerivedParent | null },
  ): Promise<Moved> {
    const { label } = stage;
    const { to } = plan;
    await requireObjects(objects, to);
    const got = await fetchPackages(stage, to, options);
    // It may have been removed meanwhile.
    stageOf(label);
    const { by } = options;
    const record = { stage: label, by, from, ...plan, configured: configuredOf(stage) };
    const id = await moves.begin(record);
    let revision: number;
    try {
      const derived = { parents: [to], filters: noFilters };
      revision = (await deps.publisher.publish(label, derived)).number;
    } catch (error) {
      await moves.abandon(id);
      throw error;
    }
    await moves.finish(id, revision);
    // Who moves it settles what the configuration says, too.
    problems.delete(label);
    return { stage: label, changed: true, revision, from, to, ...got };
  }

  async function fetchPackages(stage: StageSource, to: DerivedParent, options: MoveOptions) {
    const { fetch = stage.fetch, allowMissing, onProgress } = options;
    if (!fetch) return { fetched: 0, notHeld: null };
    const { missing } = await holdings.look(to);
    const report = await holdings.fetch(missing, { signal, ...(onProgress && { onProgress }) });
    const { fetched, failed, leftUpstream } = report;
    const [first] = failed;
    if (first && !allowMissing) {
      throw new AppError(
        first.error.kind,
        `stage ${stage.label} is left as it is: ${failed.length} packages could not be fetched, the first being ${first.location}: ${explain(first.error)}`,
        { cause: first.error, hint: '--allow-missing does without them' },
      );
    }
    return { fetched, notHeld: failed.length + leftUpstream };
  }

  /** Whether the configuration says something that it did not at the last move. */
  async function isDue(stage: StageSource): Promise<boolean> {
    if (stage.at === undefined) return false;
    const [last] = await moves.list(stage.label);
    return last?.configured !== configuredOf(stage);
  }

  async function settleOne(stage: StageSource): Promise<void> {
    const { label, follows, at } = stage;
    if (!(await isDue(stage))) {
      problems.delete(label);
      return;
    }
    const { number, manifest } = await deps.resolver.resolve(follows, at);
    const to = { label: follows, revision: number, manifest };
    // Who moves it now decides.
    if (moving.has(label)) return;
    await alone(label, async () => {
      if (!(await isDue(stage))) return;
      await move(stage, { kind: 'configured', to, undoes: null }, { by: 'configuration' });
    });
  }

  /** The last move that was not taken back yet. */
  async function lastToUndo(label: string): Promise<Move | undefined> {
    const made = await moves.list(label);
    const undone = new Set(made.map((m) => m.undoes));
    return made.find((m) => m.kind !== 'rollback' && !undone.has(m.id));
  }

  return {
    offered,

    /**
     * Moves a stage to another revision of what it follows (see targetOf). Throws AppErrors: 'not_found', 'usage',
     * 'conflict', and those of fetching; what it offered is offered still then.
     */
    async promote(label: string, to: string | undefined, options: MoveOptions): Promise<Moved> {
      const stage = stageOf(label);
      return alone(label, async () => {
        const target = await targetOf({ ...deps, offered }, stage, to);
        return move(stage, { kind: 'promote', to: target, undoes: null }, options);
      });
    },

    /** Takes the last move back that was not taken back yet: the stage offers again what it did before. */
    async rollback(label: string, options: MoveOptions): Promise<Moved> {
      const stage = stageOf(label);
      return alone(label, async () => {
        const last = await lastToUndo(label);
        if (!last?.from) {
          throw new AppError('conflict', `stage ${label} has no move left to take back`, {
            hint: `\`headwater history ${label}\` shows its moves`,
          });
        }
        return move(stage, { kind: 'rollback', to: last.from, undoes: last.id }, options);
      });
    },

    /** Why a stage could not take what the configuration says, the last time that this was tried. */
    problem: (label: string): string | undefined => problems.get(label),

    /** What each stage would offer after a rollback. */
    async undoable(): Promise<DerivedParent[]> {
      const stages = deps.sources().filter((s) => s.kind === 'stage');
      const last = await Promise.all(stages.map(({ label }) => lastToUndo(label)));
      return last.flatMap((move) => move?.from ?? []);
    },

    /**
     * Gives stages what the configuration says, where it says so for the first time or something new: all stages, or those
     * that follow one source. In the background; one that cannot have it is told of and tried again the next time.
     */
    settle(follows?: string): void {
      if (signal.aborted) return;
      const stages = deps
        .sources()
        .filter((s) => s.kind === 'stage')
        .filter((s) => follows === undefined || s.follows === follows);
      for (const stage of stages) {
        const done = settleOne(stage)
          .catch((error) => {
            problems.set(stage.label, explain(error));
            deps.onUnsettled(stage.label, error);
          })
          .finally(() => settling.delete(done));
        settling.add(done);
      }
    },

    /** Finds out which moves were made that an earlier process was in the middle of. For the holder of the folder's lock. */
    async recover(): Promise<void> {
      for (const { id, stage, to } of await moves.pending()) {
        const now = await offered(stage);
        if (now && same(now, to)) {
          await moves.finish(id, (await revisions.current(stage))!.number);
        } else await moves.abandon(id);
      }
    },

    /** Waits for all moves that are under way. */
    async settled(): Promise<void> {
      while (settling.size + moving.size > 0) {
        await Promise.allSettled([...settling, ...moving.values()]);
      }
    },
  };
}

/** What the configuration says of a stage; null where it names no revision. */
const configuredOf = ({ follows, at }: StageSource): string | null =>
  at === undefined ? null : `${follows}@${at}`;

const same = (a: DerivedParent, b: DerivedParent): boolean =>
  a.label === b.label && a.revision === b.revision && a.manifest === b.manifest;
