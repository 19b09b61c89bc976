import { BitSet } from '../base/bit-set.ts';
import { kindOfUpdate, type UpdateKind } from '../base/update-kinds.ts';
import { compares } from '../repodata/dependencies.ts';
import { fits } from '../repodata/version-range.ts';
import { fieldsOf } from '../store/catalogue/package-key.ts';
import type { Shipped } from './advisories.ts';
import { createScratch, type Installed, type NameArch, type Names, sameSlot } from './installed.ts';
import { createMachine } from './machine.ts';
import { type InUse, isModular } from './streams.ts';
import type { Obsoleter, Package, World } from './world.ts';

/** An update of an instance. */
export interface Found {
  pkg: Package;
  kind: UpdateKind;
  /** Numbers of advisories. */
  advisories: readonly number[];
  /** What it updates; undefined of one that only obsoletes others. */
  installed: Installed | undefined;
  obsoleted: Installed[];
}

/** What a world means to a version of a package, whatever else is installed. */
interface Answer {
  update: Found | undefined;
  /** Whether the same update may take the place of others too. */
  isShared: boolean;
  obsoleters: readonly Obsoleter[];
  /** What advisories ship that is newer. */
  pending: readonly Shipped[];
}

/** What of an instance's packages counts: of each name and architecture the highest version. */
export interface Profile {
  tops: Uint32Array;
}

const nothing: Answer = { update: undefined, isShared: false, obsoleters: [], pending: [] };
const modular = 'modular';

export type Evaluator = ReturnType<typeof createEvaluator>;

/** Compares what machines of one architecture have with a world. What was found of a version is remembered. */
export function createEvaluator(world: World, { names, arch }: { names: Names; arch: string }) {
  const machine = createMachine(arch);
  const answers: (Answer | typeof modular | undefined)[] = [];
  /** Versions of which nothing is to be said, as of most. */
  const quiet = new BitSet();
  /** Versions of a name that no module here has anything of. */
  const moduleless = new BitSet();
  const nameArchs: NameArch[] = [];
  const byUse = new WeakMap<InUse, Map<number, Answer>>();
  const { streams } = world;
  const there = createScratch(names.size);

  function answer(id: number, inUse: InUse): Answer {
    const before = answers[id];
    if (before !== undefined && before !== modular) return before;
    const own = names.get(id);
    if (!world.isModular(own.nameArch.name)) {
      const made = find(own, inUse);
      answers[id] = made;
      if (made === nothing) quiet.add(id);
      return made;
    }
    answers[id] = modular;
    let ofUse = byUse.get(inUse);
    if (!ofUse) {
      ofUse = new Map();
      byUse.set(inUse, ofUse);
    }
    let made = ofUse.get(id);
    if (!made) {
      made = find(own, inUse);
      ofUse.set(id, made);
    }
    return made;
  }

  function find(own: Installed, inUse: InUse): Answer {
    const { nameArch } = own;
    const pkg = newest(own, inUse, () => true);
    const obsoleters = world
      .obsoletersOf(nameArch.name)
      .filter((one) => takesPlace(one, own, inUse));
    const pending = world
      .shippedOf(nameArch.number)
      .filter((one) => one.evr > own.evr && applies(one, own, inUse));
    if (!pkg && obsoleters.length === 0 && pending.length === 0) return nothing;
    const update = pkg && updateTo(pkg, own, inUse);
    const isShared = pkg !== undefined && world.obsoletes(pkg.row);
    return { update, isShared, obsoleters, pending };
  }

  const nameArchOf = ({ row, name, arch: of }: Package): NameArch =>
    (nameArchs[row] ??= names.nameArch(`${name}\n${of}`));

  /** Whether packages of no architecture come into it: one may take the place of several. */
  function isMixed(id: number, update: Found | undefined): boolean {
    if (!update) return false;
    const { arch, siblings } = names.get(id).nameArch;
    if (arch !== update.pkg.arch) return true;
    return siblings.length > 1 && siblings.some((one) => one.arch === 'noarch');
  }

  /** The newest package that is newer than what is installed and may take its place. */
  function newest(own: Installed, inUse: InUse, isFree: (pkg: Package) => boolean) {
    let best: Package | undefined;
    for (const pkg of world.named(own.nameArch.name)) {
      if (pkg.evr <= own.evr || (best && pkg.evr < best.evr)) break;
      if (!sameSlot(pkg.arch, own.nameArch.arch) || !machine.runs(pkg.arch)) continue;
      if (!isSeen(pkg, inUse) || !isFree(pkg)) continue;
      if (!best || rank(pkg, own) < rank(best, own)) best = pkg;
    }
    return best;
  }

  const rank = (pkg: Package, own: Installed): number =>
    pkg.arch === own.nameArch.arch ? -1 : machine.rank(pkg.arch);

  /** Whether modules hide a package. */
  function isSeen({ row, key }: Package, inUse: InUse): boolean {
    const isUsed = (slot: number) => inUse.slots[slot] === 1;
    return streams.of(key)?.some(isUsed) ?? !world.slotsLike(row).some(isUsed);
  }

  function takesPlace({ pkg, range }: Obsoleter, own: Installed, inUse: InUse): boolean {
    return (
      sameSlot(pkg.arch, own.nameArch.arch) &&
      machine.runs(pkg.arch) &&
      isSeen(pkg, inUse) &&
      fits(versionOf(own), range)
    );
  }

  /** Whether an advisory means what is installed, and not another stream of the same name. */
  function applies(one: Shipped, own: { key: string }, inUse: InUse): boolean {
    const of = streams.of(one.key);
    if (of) return of.some((slot) => inUse.slots[slot] === 1);
    return isModular(one.key) === isModular(own.key);
  }

  function updateTo(pkg: Package, own: Installed | undefined, inUse: InUse): Found {
    const behind = world.shippedOf(nameArchOf(pkg).number).filter(
      (one) =>
        // What takes another's place is what was shipped with it.
        (own ? one.evr > own.evr && one.evr <= pkg.evr : one.evr === pkg.evr) &&
        applies(one, pkg, inUse),
    );
    const numbers = [...new Set(behind.map((one) => one.advisory))].sort((a, b) => a - b);
    const kind = kindOfUpdate(fieldsOf(pkg.key), (one) =>
      numbers.some((number) => world.isFor(number, one)),
    );
    return { pkg, kind, advisories: numbers, installed: own, obsoleted: [] };
  }

  return {
    world,
    machine,
    isSeen,
    applies,

    /** What an instance uses of the modules here. */
    inUse({ tops }: Profile, noted: Parameters<typeof streams.chosen>[1]): InUse {
      if (streams.isEmpty) return streams.inUse(noChoice);
      const keys: string[] = [];
      for (const id of tops) {
        if (moduleless.has(id)) continue;
        const own = names.get(id);
        if (streams.withName(own.nameArch.name)) keys.push(own.key);
        else moduleless.add(id);
      }
      return streams.inUse(streams.chosen(keys, noted));
    },

    /** What is newer of a version of a package, by advisories. */
    pending: (id: number, inUse: InUse): readonly Shipped[] => answer(id, inUse).pending,

    /** Whether a build, or a newer one, can be had in the place of what is installed. */
    offers(id: number, evr: string, inUse: InUse): boolean {
      const { update } = answer(id, inUse);
      return update !== undefined && update.pkg.evr >= evr;
    },

    /**
     * Calls `take` with each update of an instance, and `lack` with what advisories ship that is newer than what is installed, by
     * list.
     */
    examine(
      { tops }: Profile,
      inUse: InUse,
      { take, lack }: { take(update: Found): void; lack?(shipped: readonly Shipped[]): void },
    ): void {
      const special: number[] = [];
      for (const id of tops) {
        if (quiet.has(id)) continue;
        const own = answer(id, inUse);
        if (own.pending.length > 0) lack?.(own.pending);
        if (own.obsoleters.length > 0 || own.isShared || isMixed(id, own.update)) special.push(id);
        else if (own.update) take(own.update);
      }
      if (special.length === 0) return;
      there.clear();
      for (const id of tops) there.set(names.numberOf(id), id);
      for (const update of together(special, inUse)) take(update);
    },
  };

  /** The updates of versions that are not updated each by itself. */
  function together(ids: readonly number[], inUse: InUse): Iterable<Found> {
    const found = new Map<string, Found>();
    const put = (update: Found, obsoleted?: Installed) => {
      const before = found.get(update.pkg.key);
      const one = before ?? { ...update, obsoleted: [] };
      if (!before) found.set(update.pkg.key, one);
      else if (update.installed && (before.installed?.evr ?? '') < update.installed.evr) {
        Object.assign(one, { ...update, obsoleted: before.obsoleted });
      }
      if (obsoleted) one.obsoleted.push(obsoleted);
    };
    for (const id of ids) {
      const { update: first, obsoleters } = answer(id, inUse);
      const own = names.get(id);
      let update: Found | undefined = first;
      if (first && !isFree(first.pkg, own.nameArch)) {
        const other = newest(own, inUse, (pkg) => isFree(pkg, own.nameArch));
        update = other && updateTo(other, own, inUse);
      }
      const taking = obsoleters.filter(({ pkg }) => {
        const installed = installedAs(nameArchOf(pkg));
        return !installed || installed.evr < pkg.evr;
      });
      for (const { pkg } of bestOf(taking, own)) {
        // It may be an update of its own name as well.
        const before = installedAs(nameArchOf(pkg));
        put(updateTo(pkg, before, inUse), own);
      }
      // One that is obsoleted itself would be gone again.
      const isReplaced = update && taking.some(({ range }) => fits(versionOf(update.pkg), range));
      if (update && !isReplaced) put(update);
    }
    return found.values();
  }

  function installedAs(nameArch: NameArch): Installed | undefined {
    const id = there.get(nameArch.number);
    return id === undefined ? undefined : names.get(id);
  }

  /** Whether nothing is installed that a package would have to be newer than besides. */
  function isFree(pkg: Package, { siblings }: NameArch): boolean {
    return siblings.every((other) => {
      if (!sameSlot(other.arch, pkg.arch)) return true;
      const installed = installedAs(other);
      return !installed || installed.evr < pkg.evr;
    });
  }

  /** Of packages of one name that take the place of one package, the newest of the architecture that fits it best. */
  function bestOf(taking: readonly Obsoleter[], own: Installed): Obsoleter[] {
    const best = new Map<string, Obsoleter>();
    for (const one of taking) {
      const before = best.get(one.pkg.name);
      const ranks = before ? rank(one.pkg, own) - rank(before.pkg, own) : -1;
      if (ranks < 0 || (ranks === 0 && one.pkg.evr > before!.pkg.evr)) best.set(one.pkg.name, one);
    }
    return [...best.values()];
  }
}

const noChoice: ReadonlyMap<string, string | null> = new Map();

function versionOf({ key }: { key: string }) {
  const { epoch, version, release } = fieldsOf(key);
  return { flags: compares.equal, epoch, version, release };
}
