import { takesStream } from '../repodata/module-dependencies.ts';
import type { ModulesOf, StreamBuild } from '../store/catalogue/module-streams.ts';
import { keyOfNevra, nameOf, type PackageKey } from '../store/catalogue/package-key.ts';
import type { NotedModules } from './updates.ts';

/** Builds of one stream that need the same: they are in use together. */
export interface StreamSlot {
  number: number;
  module: string;
  stream: string;
  requires: StreamBuild['requires'];
}

/** Which streams an instance uses. */
export interface InUse {
  /** Of each slot 1 where it is in use. */
  slots: Uint8Array;
  /** The stream of each module; null where it is disabled. Modules of which none was chosen nor is the default are absent. */
  chosen: ReadonlyMap<string, string | null>;
  /** Modules that are in use by default alone. */
  byDefault: ReadonlySet<string>;
}

export type Streams = ReturnType<typeof createStreams>;

/** Of so many combinations of streams it is remembered what is in use. */
const mostKnown = 5000;

/**
 * The streams of modules that channels have. As dnf sees them: packages of streams that are not in use are hidden, and
 * packages of no module that have, or provide, the name of one in a stream that is.
 */
export function createStreams({ builds, defaults }: ModulesOf) {
  const slots: StreamSlot[] = [];
  const slotsOf = new Map<PackageKey, number[]>();
  const slotsByName = new Map<string, number[]>();
  const byModule = new Map<string, StreamSlot[]>();
  const known = new Map<string, InUse>();
  const bySlot = new Map<string, StreamSlot>();
  for (const build of builds) {
    const id = JSON.stringify([build.name, build.stream, build.requires]);
    let slot = bySlot.get(id);
    if (!slot) {
      const { name: module, stream, requires } = build;
      slot = { number: slots.length, module, stream, requires };
      slots.push(slot);
      bySlot.set(id, slot);
      byModule.set(module, [...(byModule.get(module) ?? []), slot]);
    }
    for (const artifact of build.artifacts) {
      const key = keyOfNevra(artifact);
      if (key === undefined || /\n(?:no)?src\n/.test(key)) continue;
      note(slotsOf, key, slot.number);
      note(slotsByName, nameOf(key), slot.number);
    }
  }
  const usual = defaultsOf(defaults, byModule);

  /** What is in use where these streams were chosen, and for the other modules nothing. */
  function inUse(own: ReadonlyMap<string, string | null>): InUse {
    const key = [...own]
      .map(([module, stream]) => `${module}:${stream}`)
      .sort()
      .join('\n');
    const before = known.get(key);
    if (before) return before;
    if (known.size >= mostKnown) known.clear();
    const found = resolve(own);
    known.set(key, found);
    return found;
  }

  function resolve(own: ReadonlyMap<string, string | null>): InUse {
    const chosen = new Map<string, string | null>([...usual, ...own]);
    const unusable = new Set<string>();
    for (;;) {
      const used = new Uint8Array(slots.length);
      const needed = new Map<string, string>();
      let lost = false;
      for (const [module, stream] of [...chosen]) {
        if (stream === null) continue;
        let any = false;
        for (const slot of byModule.get(module) ?? []) {
          if (slot.stream !== stream) continue;
          const more = neededBy(slot, chosen, unusable);
          if (!more) continue;
          any = true;
          used[slot.number] = 1;
          for (const [name, other] of more) needed.set(name, other);
        }
        // A default that cannot be used is none; what was chosen stays chosen.
        if (any || own.has(module)) continue;
        chosen.delete(module);
        unusable.add(module);
        lost = true;
      }
      const more = [...needed].filter(([name]) => !chosen.has(name) && !unusable.has(name));
      for (const [name, stream] of more) chosen.set(name, stream);
      if (lost || more.length > 0) continue;
      const byDefault = new Set([...chosen.keys()].filter((module) => !own.has(module)));
      return { slots: used, chosen, byDefault };
    }
  }

  /** Streams of other modules that builds need besides; undefined where they cannot be used with those chosen. */
  function neededBy(
    slot: StreamSlot,
    chosen: ReadonlyMap<string, string | null>,
    unusable: ReadonlySet<string>,
  ): Map<string, string> | undefined {
    if (slot.requires.length === 0) return new Map();
    for (const alternative of slot.requires) {
      const needed = new Map<string, string>();
      const met = Object.entries(alternative).every(([module, wanted]) => {
        if (module === 'platform') return true;
        if (unusable.has(module)) return false;
        const stream = chosen.get(module);
        if (stream === null) return false;
        if (stream !== undefined) return takesStream(wanted, stream);
        const other = byModule.get(module)?.find((s) => takesStream(wanted, s.stream));
        if (other) needed.set(module, other.stream);
        return other !== undefined;
      });
      if (met) return needed;
    }
    return undefined;
  }

  return {
    slots,
    isEmpty: slots.length === 0,
    byModule,
    usual,
    inUse,

    /** The streams that list a build; undefined where none does. */
    of: (key: PackageKey): readonly number[] | undefined => slotsOf.get(key),

    /** The streams that have packages of a name. */
    withName: (name: string): readonly number[] | undefined => slotsByName.get(name),

    /** The modules of which an instance uses another stream than the default, or the default because it chose to. */
    chosen(installed: Iterable<PackageKey>, noted: NotedModules | undefined) {
      if (noted) {
        return new Map(Object.entries(noted).map(([module, { stream }]) => [module, stream]));
      }
      const votes = new Map<string, Map<string, number>>();
      for (const key of installed) {
        for (const [module, stream] of streamsLike(key)) {
          const own = votes.get(module) ?? new Map<string, number>();
          own.set(stream, (own.get(stream) ?? 0) + 1);
          votes.set(module, own);
        }
      }
      const found = new Map<string, string | null>();
      for (const [module, own] of votes) found.set(module, mostOf(own, usual.get(module)));
      return found;
    },
  };

  /** The streams that an installed build is of: those that list it, else the only one of a module that has its name. */
  function streamsLike(key: PackageKey): [string, string][] {
    const exact = slotsOf.get(key);
    if (exact) return streamsOf(exact);
    if (!isModular(key)) return [];
    const of = slotsByName.get(nameOf(key));
    if (!of) return [];
    // Where a module has one stream with that name, it can be no other.
    const all = streamsOf(of);
    return all.filter(([module]) => all.filter((other) => other[0] === module).length === 1);
  }

  function streamsOf(numbers: readonly number[]): [string, string][] {
    const found = new Map<string, [string, string]>();
    for (const n of numbers) {
      const { module, stream } = slots[n]!;
      found.set(`${module}:${stream}`, [module, stream]);
    }
    return [...found.values()];
  }
}

/** Whether a build was made for a module, as far as its release tells. */
export const isModular = (key: PackageKey): boolean =>
  /\.module[+_]/.test(key.slice(key.lastIndexOf('\n')));

function note<K>(map: Map<K, number[]>, key: K, slot: number): void {
  const list = map.get(key);
  if (!list) map.set(key, [slot]);
  else if (!list.includes(slot)) list.push(slot);
}

/** The default stream of each module that has builds here; none where two defaults of a module differ. */
function defaultsOf(
  defaults: ModulesOf['defaults'],
  byModule: ReadonlyMap<string, readonly StreamSlot[]>,
): Map<string, string> {
  const named = new Map<string, Set<string>>();
  for (const { module, stream } of defaults) {
    if (stream !== undefined) named.set(module, (named.get(module) ?? new Set()).add(stream));
  }
  const found = new Map<string, string>();
  for (const [module, [stream, ...others]] of named) {
    const isThere = byModule.get(module)?.some((slot) => slot.stream === stream);
    if (others.length === 0 && isThere) found.set(module, stream!);
  }
  return found;
}

/** The stream of which most packages are installed; of several the usual one, or the first by name. */
function mostOf(votes: ReadonlyMap<string, number>, usual: string | undefined): string {
  const most = Math.max(...votes.values());
  const best = [...votes].filter(([, n]) => n === most).map(([stream]) => stream);
  return usual !== undefined && best.includes(usual) ? usual : best.sort()[0]!;
}
