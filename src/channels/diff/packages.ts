import type { BitSet } from '../../base/bit-set.ts';
import type { Facts } from '../../store/catalogue/facts.ts';
import { nameArchOf, type PackageKey } from '../../store/catalogue/package-key.ts';
import { named } from '../content/listed.ts';

export interface PackageChanges {
  added: Build[];
  removed: Build[];
  upgraded: Move[];
  downgraded: Move[];
  /** Of the same name, version and architecture, and with another checksum. */
  replaced: Build[];
}

export interface Build {
  name: string;
  arch: string;
  /** [epoch:]version-release */
  evr: string;
}

/** The newest build of a name and architecture is another one. */
export interface Move {
  name: string;
  arch: string;
  from: string;
  to: string;
}

interface Version {
  row: number;
  key: PackageKey;
  /** Sorts as rpm sorts versions. */
  order: string;
}

/**
 * Compares packages by their rows in the catalogue. Of each name and architecture the newest builds are compared; builds that come
 * or go beside them are added or removed.
 */
export function comparePackages(facts: Facts, before: BitSet, after: BitSet): PackageChanges {
  const names = facts.packages.names([...before, ...after]);
  const touched = new Set<string>();
  for (const row of before) if (!after.has(row)) touched.add(nameArchOf(names.key(row)));
  for (const row of after) if (!before.has(row)) touched.add(nameArchOf(names.key(row)));
  const grouped = (rows: BitSet): Map<string, Version[]> => {
    const groups = new Map<string, Version[]>();
    for (const row of rows) {
      const key = names.key(row);
      const nameArch = nameArchOf(key);
      if (!touched.has(nameArch)) continue;
      const list = groups.get(nameArch) ?? [];
      groups.set(nameArch, list);
      list.push({ row, key, order: names.evr(row) });
    }
    return groups;
  };
  const [old, now] = [grouped(before), grouped(after)];
  const changes: PackageChanges = {
    added: [],
    removed: [],
    upgraded: [],
    downgraded: [],
    replaced: [],
  };
  const suspects: [Version[], Version[]][] = [];
  for (const nameArch of [...touched].sort()) {
    const [was, is] = [old.get(nameArch) ?? [], now.get(nameArch) ?? []];
    compareOne(changes, was, is);
    for (const key of keysOf(is)) {
      const same = [was, is].map((l) => l.filter((v) => v.key === key)) as [Version[], Version[]];
      if (same[0].length > 0) suspects.push(same);
    }
  }
  changes.replaced = replacedOf(facts, suspects);
  return changes;
}

function compareOne(changes: PackageChanges, was: Version[], is: Version[]): void {
  const [keysBefore, keysAfter] = [keysOf(was), keysOf(is)];
  const [newestBefore, newestAfter] = [newestOf(was), newestOf(is)];
  const moved =
    newestBefore && newestAfter && newestBefore.order !== newestAfter.order
      ? new Set([newestBefore.key, newestAfter.key])
      : new Set<PackageKey>();
  if (moved.size > 0) {
    const [from, to] = [build(newestBefore!.key), build(newestAfter!.key)];
    const isUp = newestBefore!.order < newestAfter!.order;
    const { name, arch } = to;
    changes[isUp ? 'upgraded' : 'downgraded'].push({ name, arch, from: from.evr, to: to.evr });
  }
  for (const key of keysAfter) {
    if (!keysBefore.has(key) && !moved.has(key)) changes.added.push(build(key));
  }
  for (const key of keysBefore) {
    if (!keysAfter.has(key) && !moved.has(key)) changes.removed.push(build(key));
  }
}

const keysOf = (list: Version[]) => new Set(list.map((v) => v.key));

function newestOf(list: Version[]): Version | undefined {
  let best: Version | undefined;
  for (const v of list) if (!best || v.order > best.order) best = v;
  return best;
}

/** Packages of one name of which the set of checksums changed. */
function replacedOf(facts: Facts, suspects: [Version[], Version[]][]): Build[] {
  const differing = suspects.filter(([a, b]) => {
    const rows = new Set(a.map((v) => v.row));
    return a.length !== b.length || b.some((v) => !rows.has(v.row));
  });
  const sums = new Map<number, string>();
  for (const { row, file } of facts.packages.list(differing.flat(2).map((v) => v.row))) {
    sums.set(row, `${file.checksum.type}:${file.checksum.value}`);
  }
  const sumsOf = (list: Version[]) =>
    list
      .map((v) => sums.get(v.row))
      .sort()
      .join();
  return differing.filter(([a, b]) => sumsOf(a) !== sumsOf(b)).map(([, b]) => build(b[0]!.key));
}

function build(key: PackageKey): Build {
  const { name, arch, evr } = named(key);
  return { name, arch, evr };
}
