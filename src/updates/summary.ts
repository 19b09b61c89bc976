import { updateKinds } from '../base/update-kinds.ts';
import type { Boot } from '../store/state/fleet-reader.ts';
import type { Engine } from './engine.ts';
import type { Member } from './fleet.ts';
import { columns, countColumns, type Mirrored, type PackedCounts } from './protocol.ts';
import type { createSearch } from './search.ts';
import type { FleetSummary } from './updates.ts';

interface Deps {
  engine: Engine;
  search: ReturnType<typeof createSearch>;
  boots(): ReadonlyMap<number, Boot>;
  boot(id: number): Boot | undefined;
}

/** So many advisories are told. */
const mostAdvisories = 20;
/** What machines say when they check in is written so much later anyway, in milliseconds. */
const keepBoots = 2000;
/** Of fewer instances each is asked about by itself. */
const fewInstances = 100;

/** Counts what instances lack. */
export function createSummary({ engine, search, boots, boot }: Deps) {
  async function membersOf(ids: readonly number[] | undefined): Promise<Member[]> {
    if (ids && ids.length < fewInstances) await engine.settle(ids);
    else await engine.settled();
    const fleet = engine.fleet();
    const members = ids ? ids.map(fleet.find) : [...fleet.all()];
    // One without a result changed this very moment.
    return members.filter((member) => member?.result !== undefined) as Member[];
  }

  let allBoots: ReadonlyMap<number, Boot> = new Map();
  let bootsRead = 0;

  const bootOf = (members: readonly Member[]) => {
    if (members.length < fewInstances) return boot;
    if (Date.now() - bootsRead > keepBoots) {
      allBoots = boots();
      bootsRead = Date.now();
    }
    const all = allBoots;
    return (id: number) => all.get(id);
  };

  /** Whether something was installed since the machine booted, or another kernel than the newest runs. */
  function isRebootPending({ kernels, rebootAfter }: Member, now: Boot | undefined): boolean {
    if (now?.bootedAt && rebootAfter * 1000 > Date.parse(now.bootedAt)) return true;
    const running = now?.kernel;
    if (!running) return false;
    const { names } = engine.fleet();
    for (const id of kernels) {
      const { nameArch, key } = names.get(id);
      const runs = nameArch.versions.some((other) => releaseOf(names.get(other).key) === running);
      if (runs && releaseOf(key) !== running) return true;
    }
    return false;
  }

  return {
    async counts(ids: readonly number[] | undefined): Promise<PackedCounts> {
      const members = await membersOf(ids);
      const booted = bootOf(members);
      const values = new Int32Array(members.length * countColumns.length);
      for (const [i, member] of members.entries()) {
        const own = i * countColumns.length;
        values.set(member.result!.counts, own);
        values[own + columns.reboot] = Number(isRebootPending(member, booted(member.id)));
        values[own + columns.reported] = Number(member.reported);
      }
      return { instances: Float64Array.from(members, (member) => member.id), values };
    },

    async summary(
      ids: readonly number[] | undefined,
      mirrored: readonly Mirrored[],
    ): Promise<FleetSummary> {
      const members = await membersOf(ids);
      const booted = bootOf(members);
      const sums = new Int32Array(countColumns.length);
      const found = { reported: 0, withUpdates: 0, withSecurityUpdates: 0, withHeldBack: 0 };
      let rebootsPending = 0;
      const affected = new Int32Array(engine.advisories().count());
      for (const member of members) {
        const { counts, pending } = member.result!;
        for (const [i, value] of counts.entries()) sums[i]! += value;
        if (member.reported) found.reported++;
        if (counts[columns.total]! > 0) found.withUpdates++;
        if (counts[columns.security]! > 0) found.withSecurityUpdates++;
        if (counts[columns.heldBack]! > 0) found.withHeldBack++;
        if (isRebootPending(member, booted(member.id))) rebootsPending++;
        for (const number of pending) affected[number]!++;
      }
      const updates = Object.fromEntries(updateKinds.map((kind) => [kind, sums[columns[kind]]!]));
      return {
        instances: members.length,
        ...found,
        upToDate: found.reported - found.withUpdates,
        rebootsPending,
        updates: { ...updates, total: sums[columns.total]!, heldBack: sums[columns.heldBack]! },
        advisories: await mostUrgent(affected, mirrored),
        at: new Date().toISOString(),
      } as FleetSummary;
    },
  };

  async function mostUrgent(
    affected: Int32Array,
    mirrored: readonly Mirrored[],
  ): Promise<FleetSummary['advisories']> {
    const advisories = engine.advisories();
    const urgency = (number: number) => Number(advisories.get(number).kind !== 'security');
    const first = [...affected.entries()]
      .filter(([, many]) => many > 0)
      .sort(([a, many], [b, more]) => urgency(a) - urgency(b) || more - many || b - a)
      .slice(0, mostAdvisories);
    const rows = new Map(
      first.map(([number]) => [advisories.get(number).id, advisories.get(number).row]),
    );
    const texts = await search.summaries(rows, mirrored);
    return first.flatMap(([number, many]) => {
      const summary = texts.get(advisories.get(number).id);
      return summary ? [{ ...summary, affected: many }] : [];
    });
  }
}

/** version-release.arch, as kernels name themselves. */
function releaseOf(key: string): string {
  const [, arch, , version, release] = key.split('\n');
  return `${version}-${release}.${arch}`;
}
