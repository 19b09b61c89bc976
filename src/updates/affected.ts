import { packageId } from '../channels/content/listed.ts';
import type { Shipped } from './advisories.ts';
import type { Engine } from './engine.ts';
import type { Evaluator } from './evaluate.ts';
import type { Fleet, Member } from './fleet.ts';
import type { Plan } from './plans.ts';
import { createPostings, type Postings } from './postings.ts';
import type { PackedAffected, SeenList } from './protocol.ts';

/** What is installed, and what an advisory ships of it. */
interface Pair {
  id: number;
  shipped: Shipped;
}

/** Finds the instances that advisories concern. */
export function createAffected(engine: Engine) {
  let postings: { of: Fleet; known: Postings } | undefined;

  return async (numbers: readonly number[]): Promise<PackedAffected> => {
    await engine.settled();
    const fleet = engine.fleet();
    if (postings?.of !== fleet) postings = { of: fleet, known: createPostings(fleet) };
    const plans = new Map<SeenList, Plan>();
    for (const list of fleet.lists.values()) plans.set(list, await engine.plan(list));
    const shipped = shippedBy(new Set([...plans.values()].map((plan) => plan.upstream)), numbers);
    const ids = new Set<number>();
    for (const byName of shipped.values()) {
      for (const list of byName.values()) {
        for (const id of list[0]!.nameArch.versions) ids.add(id);
      }
    }
    const pairs = new Map<Member, Pair[]>();
    postings.known.visit(ids, (member, id) => {
      const plan = plans.get(member.list);
      if (!plan || !member.result) return;
      const own = fleet.names.get(id);
      for (const one of shipped.get(plan.upstream)?.get(own.nameArch.number) ?? []) {
        if (!plan.upstream.applies(one, own, member.result.useUpstream)) continue;
        const list = pairs.get(member);
        if (list) list.push({ id, shipped: one });
        else pairs.set(member, [{ id, shipped: one }]);
      }
    });
    return packed(pairs, { fleet, plans });
  };
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

/** Instances in which the same is installed share their reasons. */
function packed(
  pairs: ReadonlyMap<Member, Pair[]>,
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
    const lacking = all.filter(({ id, shipped }) => fleet.names.get(id).evr < shipped.evr);
    const { now } = plans.get(member.list)!;
    const shown = lacking.length > 0 ? lacking : all;
    const key = shown
      .map(({ id, shipped }) => `${id} ${shipped.key}`)
      .sort()
      .join('|');
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
