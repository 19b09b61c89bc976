import { packageId } from '../channels/content/listed.ts';
import type { Shipped } from './advisories.ts';
import type { Engine } from './engine.ts';
import type { Evaluator } from './evaluate.ts';
import type { Fleet, Member } from './fleet.ts';
import type { Plan } from './plans.ts';
import { createPostings, type Postings } from './postings.ts';
import type { PackedAffected, SeenList } from './protocol.ts';
import type { InUse } from './streams.ts';

/** What is installed, and what an advisory ships of it. Instances that use the same streams share them. */
interface Pair {
  number: number;
  id: number;
  shipped: Shipped;
  isLacking: boolean;
}

/** Finds the instances that advisories concern. */
export function createAffected(engine: Engine) {
  let postings: { of: Fleet; known: Postings } | undefined;

  function postingsOf(fleet: Fleet): Postings {
    if (postings?.of !== fleet) postings = { of: fleet, known: createPostings(fleet) };
    return postings.known;
  }

  async function find(numbers: readonly number[]): Promise<PackedAffected> {
    await engine.settled();
    const fleet = engine.fleet();
    const plans = new Map<SeenList, Plan>();
    for (const list of fleet.lists.values()) plans.set(list, await engine.plan(list));
    const shipped = shippedBy(new Set([...plans.values()].map((plan) => plan.upstream)), numbers);
    const ids = new Set<number>();
    for (const byName of shipped.values()) {
      for (const list of byName.values()) {
        for (const id of list[0]!.nameArch.versions) ids.add(id);
      }
    }
    const pairs = new Map<Member, readonly Pair[]>();
    const pairsOf = createPairs(fleet, shipped);
    postingsOf(fleet).visit(ids, (member, id) => {
      const plan = plans.get(member.list);
      if (!plan || !member.result) return;
      const own = pairsOf(id, plan.upstream, member.result.useUpstream);
      if (own.length === 0) return;
      const before = pairs.get(member);
      pairs.set(member, before ? [...before, ...own] : own);
    });
    return packed(pairs, { fleet, plans });
  }

  /** Puts together what answers quickly. */
  const prepare = (): void => postingsOf(engine.fleet()).visit(new Set(), () => {});

  return { find, prepare };
}

/** What advisories ship in each world, by the number of name and architecture. */
function shippedBy(worlds: ReadonlySet<Evaluator>, numbers: readonly number[]) {
  const found = new Map<Evaluator, Map<number, Shipped[]>>();
  for (const evaluator of worlds) {
    const byName = new Map<number, Shipped[]>();
    for (const one of numbers.flatMap((number) => evaluator.world.ofAdvisory(number))) {
      const list = byName.get(one.nameArch.number);
      if (list) list.push(one);
      else byName.set(one.nameArch.number, [one]);
    }
    found.set(evaluator, byName);
  }
  return found;
}

/** Gives what of that concerns a version of a package where some streams are in use. */
function createPairs(fleet: Fleet, shipped: ReturnType<typeof shippedBy>) {
  const byUse = new Map<InUse, Map<number, Pair[]>>();
  let count = 0;

  return (id: number, evaluator: Evaluator, inUse: InUse): readonly Pair[] => {
    const known = byUse.get(inUse) ?? new Map<number, Pair[]>();
    byUse.set(inUse, known);
    let found = known.get(id);
    if (!found) {
      const own = fleet.names.get(id);
      found = (shipped.get(evaluator)?.get(own.nameArch.number) ?? [])
        .filter((one) => evaluator.applies(one, own, inUse))
        .map((one) => ({ number: count++, id, shipped: one, isLacking: own.evr < one.evr }));
      known.set(id, found);
    }
    return found;
  };
}

/** Instances in which the same is installed share their reasons. */
function packed(
  pairs: ReadonlyMap<Member, readonly Pair[]>,
  { fleet, plans }: { fleet: Fleet; plans: ReadonlyMap<SeenList, Plan> },
): PackedAffected {
  const reasons: PackedAffected['reasons'] = [];
  const places = new Map<string, number>();
  const instances = new Float64Array(pairs.size);
  const affected = new Uint8Array(pairs.size);
  const available = new Uint8Array(pairs.size);
  const why = new Int32Array(pairs.size);
  let at = 0;
  const sorted = [...pairs].sort(([a], [b]) => a.id - b.id);
  for (const [member, all] of sorted) {
    const lacking = all.filter((pair) => pair.isLacking);
    const { now } = plans.get(member.list)!;
    const shown = lacking.length > 0 ? lacking : all;
    const key = shown
      .map((pair) => pair.number)
      .sort((a, b) => a - b)
      .join(' ');
    let place = places.get(key);
    if (place === undefined) {
      const list = shown.map(({ id, shipped }) => ({
        installed: packageId(fleet.names.get(id).key),
        needed: packageId(shipped.key),
      }));
      const said = new Map(list.map((pair) => [JSON.stringify(pair), pair]));
      place = reasons.push([...said.values()].sort(byInstalled)) - 1;
      places.set(key, place);
    }
    instances[at] = member.id;
    affected[at] = lacking.length > 0 ? 1 : 0;
    available[at] = lacking.every(({ id, shipped }) =>
      now.offers(id, shipped.evr, member.result!.useNow),
    )
      ? 1
      : 0;
    why[at] = place;
    at++;
  }
  return { instances, affected, available, why, reasons };
}

const byInstalled = (a: { installed: string }, b: { installed: string }): number =>
  a.installed < b.installed ? -1 : Number(a.installed > b.installed);
