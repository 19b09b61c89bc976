import type { BitSet } from '../base/bit-set.ts';
import type { UpdateKind } from '../base/update-kinds.ts';
import type { Dependency } from '../repodata/dependencies.ts';
import type { PackageKey } from '../store/catalogue/package-key.ts';
import type { ReadAdvisory, Shipped } from './advisories.ts';
import type { DependencyFacts } from './dependency-facts.ts';
import type { Streams } from './streams.ts';

/** A package that channels have: a row of the catalogue. */
export interface Package {
  row: number;
  name: string;
  arch: string;
  key: PackageKey;
  /** evr_key in hexadecimal digits. */
  evr: string;
}

export interface WorldPart {
  /** The source as the instance has it attached. */
  label: string;
  rows: BitSet;
}

export interface WorldInput extends DependencyFacts {
  parts: WorldPart[];
  /** Each once, no source packages. */
  packages: Iterable<Package>;
  streams: Streams;
  advisories: Iterable<ReadAdvisory>;
}

/** A package that takes the place of another. */
export interface Obsoleter {
  pkg: Package;
  range: Dependency['range'];
}

export type World = ReturnType<typeof createWorld>;

const none: readonly never[] = [];

/** Everything that some channels have together. */
export function createWorld(input: WorldInput) {
  const { parts, packages, obsoletes, provides, streams, advisories } = input;
  const byName = new Map<string, Package[]>();
  const obsoleters = new Map<string, Obsoleter[]>();
  const shipped = new Map<number, Shipped[]>();
  const byAdvisory = new Map<number, Shipped[]>();
  const kinds = new Map<number, Set<UpdateKind>>();
  for (const pkg of packages) {
    const list = byName.get(pkg.name);
    if (list) list.push(pkg);
    else byName.set(pkg.name, [pkg]);
    for (const { name, range } of obsoletes.get(pkg.row) ?? none) {
      if (name === pkg.name) continue;
      const others = obsoleters.get(name);
      if (others) others.push({ pkg, range });
      else obsoleters.set(name, [{ pkg, range }]);
    }
  }
  for (const list of byName.values()) {
    if (list.length > 1)
      list.sort((a, b) => (a.evr < b.evr ? 1 : a.evr > b.evr ? -1 : a.row - b.row));
  }
  for (const advisory of advisories) {
    const { number } = advisory.known;
    kinds.set(number, (kinds.get(number) ?? new Set()).add(advisory.kind));
    const before = byAdvisory.get(number);
    // Of two sources that have it, each may ship some of it.
    const more = before
      ? advisory.shipped.filter((one) => !before.some((other) => other.key === one.key))
      : advisory.shipped;
    byAdvisory.set(number, before ? [...before, ...more] : more);
    for (const one of more) {
      const list = shipped.get(one.nameArch.number);
      if (list) list.push(one);
      else shipped.set(one.nameArch.number, [one]);
    }
  }
  /** The streams that have a name of each package, or that it provides. */
  const slots = new Map<number, number[]>();
  /** Names of which more than versions decides what is seen. */
  const special = new Set<string>();
  for (const { row, name } of streams.isEmpty ? none : [...byName.values()].flat()) {
    const all = [name, ...(provides.get(row) ?? none)].flatMap(
      (one) => streams.withName(one) ?? none,
    );
    if (all.length === 0) continue;
    slots.set(row, all);
    special.add(name);
  }
  for (const [name, list] of obsoleters) {
    if (list.some(({ pkg }) => slots.has(pkg.row))) special.add(name);
  }

  return {
    parts,
    streams,
    /** Packages of a name, the newest first. */
    named: (name: string): readonly Package[] => byName.get(name) ?? none,
    all: () => byName,
    obsoletes: (row: number): boolean => obsoletes.has(row),
    obsoletersOf: (name: string): readonly Obsoleter[] => obsoleters.get(name) ?? none,
    /** What advisories ship of a name and architecture. */
    shippedOf: (nameArch: number): readonly Shipped[] => shipped.get(nameArch) ?? none,
    /** Whether an advisory is for that, as a record here has it. */
    isFor: (advisory: number, kind: UpdateKind): boolean => kinds.get(advisory)?.has(kind) ?? false,
    /** What an advisory ships. */
    ofAdvisory: (advisory: number): readonly Shipped[] => byAdvisory.get(advisory) ?? none,
    /** The streams in use of which hide a package that is of none of them: they have its name, or one that it provides. */
    slotsLike: (row: number): readonly number[] => slots.get(row) ?? none,
    /** Whether what is seen of a name depends on the streams in use. */
    isModular: (name: string): boolean => streams.withName(name) !== undefined || special.has(name),

    has: (name: string, key: PackageKey): boolean =>
      byName.get(name)?.some((pkg) => pkg.key === key) ?? false,

    /** The labels of the parts that have a build. */
    sourcesOf(name: string, key: PackageKey): string[] {
      if (parts.length === 1) return [parts[0]!.label];
      const rows = (byName.get(name) ?? []).filter((pkg) => pkg.key === key);
      const labels = parts.flatMap(({ label, rows: has }) =>
        rows.some(({ row }) => has.has(row)) ? [label] : [],
      );
      return [...new Set(labels)];
    },
  };
}
