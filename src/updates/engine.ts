import { setImmediate as turn } from 'node:timers/promises';
import { AppError } from '../base/errors.ts';
import type { Objects } from '../store/objects/objects.ts';
import type { DataPaths } from '../store/paths.ts';
import type { FleetReader } from '../store/state/fleet-reader.ts';
import { type AdvisoryNumbers, createAdvisoryNumbers, type Shipped } from './advisories.ts';
import type { Found } from './evaluate.ts';
import { createFleet, type Fleet, type Member } from './fleet.ts';
import { createScratch } from './installed.ts';
import { createLoader, type Loader } from './loader.ts';
import { createPlans, type Plan, type Plans } from './plans.ts';
import { columns, countColumns, type Delta, type SeenList } from './protocol.ts';
import type { InUse } from './streams.ts';
import type { View } from './updates.ts';

interface Deps {
  objects: Objects;
  paths: Pick<DataPaths, 'catalogue'>;
  reader: FleetReader;
}

/** An instance with what it is compared with. */
export interface Standing extends Plan {
  member: Member & { tops: Uint32Array };
  useNow: InUse;
  useUpstream: InUse;
}

export type Engine = ReturnType<typeof createEngine>;

/** Of so many instances what they lack is found before others get their turn. */
const atATime = 50;

/** Knows what instances have and what there is for them, and finds what they lack where that is not known. */
export function createEngine({ objects, paths, reader }: Deps) {
  let fleet: Fleet;
  let advisories: AdvisoryNumbers;
  let plans: Plans;
  let evaluating: Promise<void> | undefined;
  const marks = createScratch(() => advisories.count());
  const loader: Loader = createLoader({ objects, paths, advisories: () => advisories });

  /** Begins anew, with nothing known of instances. */
  function reset(): void {
    fleet = createFleet(reader);
    forgetContents();
  }

  function forgetContents(): void {
    advisories = createAdvisoryNumbers(fleet.names);
    plans = createPlans({ loader, names: fleet.names });
  }
  reset();

  async function standing(id: number): Promise<Standing> {
    return stand(fleet.require(id));
  }

  /** Whoever awaits it may go by it until the next await. Throws AppError 'conflict' where all was begun anew meanwhile. */
  async function stand(member: Member): Promise<Standing> {
    const before = fleet;
    const { now, upstream } = await plans.of(member.list);
    if (before !== fleet) throw new AppError('conflict', 'everything is read anew');
    // It may have changed meanwhile.
    fleet.load([member]);
    const own = member as Standing['member'];
    const useNow = now.inUse(own, own.noted);
    const useUpstream = upstream === now ? useNow : upstream.inUse(own, own.noted);
    return { member: own, now, upstream, useNow, useUpstream };
  }

  function found({ member, now, upstream, useNow, useUpstream }: Standing, view: View): Found[] {
    const all: Found[] = [];
    const take = (update: Found) => void all.push(update);
    if (view === 'now') now.examine(member, useNow, { take });
    else upstream.examine(member, useUpstream, { take });
    return all;
  }

  const isHeldBack = ({ now, upstream }: Plan, { pkg }: Found): boolean =>
    upstream !== now && !now.world.has(pkg.name, pkg.key);

  function evaluate(own: Standing): void {
    const { member, now, upstream, useNow, useUpstream } = own;
    const counts = new Int32Array(countColumns.length);
    const pending: number[] = [];
    marks.clear();
    const count = ({ kind }: Found) => {
      counts[columns[kind]]!++;
      counts[columns.total]!++;
    };
    const lack = (shipped: readonly Shipped[]) => {
      for (const { advisory } of shipped) {
        if (marks.get(advisory)) continue;
        marks.set(advisory, 1);
        pending.push(advisory);
      }
    };
    if (upstream === now) now.examine(member, useNow, { take: count, lack });
    else {
      now.examine(member, useNow, { take: count });
      const take = (update: Found) => {
        if (isHeldBack(own, update)) counts[columns.heldBack]!++;
      };
      upstream.examine(member, useUpstream, { take, lack });
    }
    member.result = {
      ...{ counts, pending: Uint32Array.from(pending).sort() },
      ...{ useNow, useUpstream },
    };
    fleet.stale.delete(member);
  }

  async function evaluateStale(): Promise<void> {
    for (;;) {
      const some: Member[] = [];
      for (const member of fleet.stale) {
        if (some.push(member) >= atATime) break;
      }
      if (some.length === 0) return;
      fleet.load(some);
      for (const member of some) {
        const own = await stand(member);
        // It may have gone while others had their turn.
        if (fleet.find(member.id) === member) evaluate(own);
        else fleet.stale.delete(member);
      }
      // Questions about single instances are answered meanwhile.
      await turn();
    }
  }

  return {
    loader,
    standing,
    found,
    isHeldBack,
    plan: (list: SeenList): Promise<Plan> => plans.of(list),
    fleet: (): Fleet => fleet,
    advisories: (): AdvisoryNumbers => advisories,

    /** Takes what changed into account. The first delta says everything. */
    apply(delta: Delta): void {
      if (delta.number === 1) reset();
      fleet.apply(delta);
      plans.keep(fleet.lists.values());
    },

    /** To be called before anything is answered: another catalogue may have taken the place of the one before. */
    lookAtCatalogue(): void {
      if (!loader.isReplaced()) return;
      forgetContents();
      for (const member of fleet.all()) {
        member.result = undefined;
        fleet.stale.add(member);
      }
    },

    /** When it is known of all instances what they lack. */
    async settled(): Promise<void> {
      while (fleet.stale.size > 0) {
        evaluating ??= evaluateStale().finally(() => {
          evaluating = undefined;
        });
        await evaluating;
      }
    },

    /** The same of these. */
    async settle(ids: readonly number[]): Promise<void> {
      for (const id of ids) {
        const member = fleet.find(id);
        if (member && !member.result) evaluate(await standing(id));
      }
    },
  };
}
