import { ownText } from '../../base/own-text.ts';
import {
  compares,
  type Dependency,
  type DependencySection,
  dependencySections,
  type PackageDependencies,
} from '../../repodata/dependencies.ts';
import { type Evr, evrKey } from '../../repodata/evr.ts';
import { fits } from '../../repodata/version-range.ts';
import { createIntList } from './int-list.ts';

/** What is known of a package by its name alone. */
export type Nevra = Pick<PackageDependencies, 'name' | 'arch' | keyof Evr>;

export type Pool = ReturnType<typeof createPool>;

/**
 * Packages with their dependencies, as numbers: names, versions, dependencies and packages each have theirs, counted from 0. What
 * several have is there once. Takes some hundred bytes for each package.
 */
export function createPool() {
  const texts = createTexts();
  const evrs: Evr[] = [];
  const evrKeys: (Buffer | undefined)[] = [];
  const evrIds = new Map<string, number>();
  /** Numbers of dependencies: by the objects that they were read as, by name, and by name, flags and version. */
  const byObject = new WeakMap<Dependency, number>();
  const plain = new Map<number, number>();
  const versioned = new Map<string, number>();
  /** Of each dependency: its name, its flags (-1 without a version), its version. */
  const dependencies = createIntList();
  /** Of each package: name, architecture, version, nevra, and where its dependencies begin. */
  const packages = createIntList();
  const lists = createIntList();
  const nevras = new Map<string, number>();
  const byName = new Map<number, number[]>();
  const supplementing: number[] = [];
  /** By name: package and dependency, one after the other. */
  const provided = new Map<number, number[]>();
  /** By the name that is obsoleted: the same. */
  const obsoleting = new Map<number, number[]>();

  function evrOf({ epoch, version, release }: Evr): number {
    const key = `${epoch}:${version}-${release}`;
    const known = evrIds.get(key);
    if (known !== undefined) return known;
    const own = { epoch: ownText(epoch), version: ownText(version), release: ownText(release) };
    evrIds.set(ownText(key), evrs.length);
    return evrs.push(own) - 1;
  }

  function dependencyOf(dependency: Dependency): number {
    const before = byObject.get(dependency);
    if (before !== undefined) return before;
    const id = numberOf(dependency);
    byObject.set(dependency, id);
    return id;
  }

  function numberOf({ name, range }: Dependency): number {
    const text = texts.of(name);
    if (!range) return plainOf(text);
    const evr = evrOf(range);
    const key = `${text} ${range.flags} ${evr}`;
    const known = versioned.get(key);
    if (known !== undefined) return known;
    const id = newDependency(text, range.flags, evr);
    versioned.set(key, id);
    return id;
  }

  /** One without a version. */
  function plainOf(text: number): number {
    const known = plain.get(text);
    if (known !== undefined) return known;
    const id = newDependency(text, -1, 0);
    plain.set(text, id);
    return id;
  }

  function newDependency(text: number, flags: number, evr: number): number {
    dependencies.push(text);
    dependencies.push(flags);
    dependencies.push(evr);
    return dependencies.length / 3 - 1;
  }

  /** Notes a package and its dependency under the name of that. */
  function note(index: Map<number, number[]>, pkg: number, dependency: number): void {
    const name = dependencies.at(3 * dependency);
    const list = index.get(name);
    if (list) list.push(pkg, dependency);
    else index.set(name, [pkg, dependency]);
  }

  function keyOf(evr: number): Buffer {
    evrKeys[evr] ??= evrKey(evrs[evr]!);
    return evrKeys[evr]!;
  }

  const rangeOf = (dependency: number) => {
    const flags = dependencies.at(3 * dependency + 1);
    return flags < 0 ? undefined : { flags, ...evrs[dependencies.at(3 * dependency + 2)]! };
  };
  const name = (pkg: number) => packages.at(5 * pkg);
  const evr = (pkg: number) => packages.at(5 * pkg + 2);

  /** Each once. */
  function numbersOf(list: readonly Dependency[]): number[] {
    const ids: number[] = [];
    for (const one of list) ids.push(dependencyOf(one));
    return ids.length > 1 ? [...new Set(ids)] : ids;
  }

  /** Adds a package; gives its number. */
  function add(found: PackageDependencies): number {
    const pkg = packages.length / 5;
    const own = texts.of(found.name);
    const version = evrOf(found);
    const arch = texts.of(found.arch);
    const nevra = `${own} ${version} ${arch}`;
    if (!nevras.has(nevra)) nevras.set(nevra, nevras.size);
    for (const value of [own, arch, version, nevras.get(nevra)!, lists.length]) {
      packages.push(value);
    }
    const same = byName.get(own);
    if (same) same.push(pkg);
    else byName.set(own, [pkg]);
    const { epoch, release } = found;
    const range = { flags: compares.equal, epoch, version: found.version, release };
    const itself = dependencyOf({ name: found.name, range });
    for (const kind of dependencySections) {
      const ids = numbersOf(found[kind]);
      if (kind === 'provides' && !ids.includes(itself)) ids.push(itself);
      lists.push(ids.length);
      for (const id of ids) {
        lists.push(id);
        if (kind === 'provides') note(provided, pkg, id);
        if (kind === 'obsoletes') note(obsoleting, pkg, id);
      }
    }
    if (found.supplements.length > 0) supplementing.push(pkg);
    for (const path of found.files) {
      note(provided, pkg, plainOf(texts.of(path)));
    }
    return pkg;
  }

  return {
    add,
    /** How many packages there are. */
    size: () => packages.length / 5,
    name,
    arch: (pkg: number) => packages.at(5 * pkg + 1),
    evr,
    /** Equal for packages of the same name, version and architecture. */
    nevra: (pkg: number) => packages.at(5 * pkg + 3),
    text: texts.at,
    /** Undefined for what nothing here is called. */
    textOf: texts.find,

    shown(pkg: number): Nevra {
      return {
        name: texts.at(name(pkg)),
        arch: texts.at(packages.at(5 * pkg + 1)),
        ...evrs[evr(pkg)]!,
      };
    },

    /** The number of a name, version and architecture; undefined where nothing here has it. */
    nevraOf(of: Nevra): number | undefined {
      const [own, arch] = [texts.find(of.name), texts.find(of.arch)];
      const version = evrIds.get(`${of.epoch}:${of.version}-${of.release}`);
      return nevras.get(`${own} ${version} ${arch}`);
    },

    /** The packages of a name, version and architecture. */
    withNevra(of: Nevra): number[] {
      const number = this.nevraOf(of);
      if (number === undefined) return [];
      const same = byName.get(texts.find(of.name)!) ?? [];
      return same.filter((pkg) => packages.at(5 * pkg + 3) === number);
    },

    /** The packages of a name. */
    named: (text: number): readonly number[] => byName.get(text) ?? [],

    /** Below, at or above 0 as rpm sorts versions. */
    compare: (a: number, b: number): number =>
      evr(a) === evr(b) ? 0 : Buffer.compare(keyOf(evr(a)), keyOf(evr(b))),

    /** Numbers of the dependencies of a package. */
    list(pkg: number, kind: DependencySection): Int32Array {
      let at = packages.at(5 * pkg + 4);
      for (const other of dependencySections) {
        const count = lists.at(at);
        if (other === kind) return lists.slice(at + 1, at + 1 + count);
        at += 1 + count;
      }
      return new Int32Array();
    },

    /** Packages that are recommended for others. */
    supplementing: supplementing as readonly number[],

    dependencyName: (dependency: number): string => texts.at(dependencies.at(3 * dependency)),
    dependency: (id: number): Dependency => ({
      name: texts.at(dependencies.at(3 * id)),
      range: rangeOf(id),
    }),
    dependencyOf,
    /** The packages that provide a name in whatever version. */
    providing: (text: string): number[] => {
      const list = provided.get(texts.find(text) ?? -1) ?? [];
      return list.filter((_, i) => i % 2 === 0);
    },

    /** Says that a package has a file that primary does not list. */
    noteFile: (path: string, pkg: number): void => note(provided, pkg, plainOf(texts.of(path))),

    /** The packages that meet a dependency which is not boolean, in the order in which they were added. */
    providers(dependency: number): number[] {
      const found: number[] = [];
      const list = provided.get(dependencies.at(3 * dependency)) ?? [];
      const wanted = rangeOf(dependency);
      for (let i = 0; i < list.length; i += 2) {
        const [pkg, by] = [list[i]!, list[i + 1]!];
        if (found.at(-1) === pkg || (by !== dependency && !fits(rangeOf(by), wanted))) continue;
        found.push(pkg);
      }
      return found;
    },

    /** Those that an `obsoletes` means: packages are obsoleted by their names, not by what they provide. */
    obsoleted(dependency: number): number[] {
      const wanted = rangeOf(dependency);
      const all = byName.get(dependencies.at(3 * dependency)) ?? [];
      return all.filter((pkg) => fits({ flags: compares.equal, ...evrs[evr(pkg)]! }, wanted));
    },

    /** Those that obsolete a package. */
    obsoleters(pkg: number): number[] {
      const own = { flags: compares.equal, ...evrs[evr(pkg)]! };
      const found: number[] = [];
      const list = obsoleting.get(name(pkg)) ?? [];
      for (let i = 0; i < list.length; i += 2) {
        if (list[i] !== pkg && fits(own, rangeOf(list[i + 1]!))) found.push(list[i]!);
      }
      return found;
    },
  };
}

/** Texts, each once, by number. */
function createTexts() {
  const all: string[] = [];
  const ids = new Map<string, number>();
  return {
    of(text: string): number {
      const known = ids.get(text);
      if (known !== undefined) return known;
      const own = ownText(text);
      ids.set(own, all.length);
      return all.push(own) - 1;
    },
    find: (text: string): number | undefined => ids.get(text),
    at: (id: number): string => all[id]!,
  };
}
