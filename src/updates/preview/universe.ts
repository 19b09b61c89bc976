import type { Pool } from './pool.ts';

/** What a machine can choose from, and what it has. */
export interface Universe {
  pool: Pool;
  /** Packages that are installed, and others that its channels offer and it would look at: each of a name, version and architecture once. */
  isInstalled(pkg: number): boolean;
  isThere(pkg: number): boolean;
  installed: readonly number[];
  /** Those that are installed beside their older versions, such as kernels. */
  isInstallOnly(pkg: number): boolean;
  /** What meets a dependency that is not boolean, installed or not. */
  providers(dependency: number): readonly number[];
  obsoleted(dependency: number): readonly number[];
  /** What obsoletes it. */
  obsoleters(pkg: number): readonly number[];
  /** The others of its name. */
  sameName(pkg: number): readonly number[];
  /** Whether a package may take the place of an installed one: of the same architecture, or one of them of none. */
  mayReplace(pkg: number, installed: number): boolean;
  /** Whether two exclude each other as far as their architectures go: a library of 32 bits is no other version of one of 64. */
  isSameColour(a: number, b: number): boolean;
  /** The higher, the rather it is taken; 0 for none that it has to be built for. */
  archScore(pkg: number): number;
}

interface Given {
  pool: Pool;
  installed: readonly number[];
  /** What channels offer, in their order. */
  offered: Iterable<number>;
  /** Of the machine: x86_64. */
  arch: string;
}

/** Source: dnf's own list (`installonlypkgs`). */
const installOnly = {
  names: ['kernel', 'kernel-PAE'],
  provides: [
    'installonlypkg(kernel)',
    'installonlypkg(kernel-module)',
    'installonlypkg(vm)',
    'multiversion(kernel)',
  ],
};

const oldIntel = ['i686', 'i586', 'i486', 'i386'];
/** Architectures that run on another, the best first. */
const runsOn: Record<string, readonly string[]> = {
  x86_64: ['x86_64', ...oldIntel],
  ...Object.fromEntries(oldIntel.map((arch, i) => [arch, oldIntel.slice(i)])),
  ppc64: ['ppc64', 'ppc'],
  s390x: ['s390x', 's390'],
  aarch64: ['aarch64'],
};

export function createUniverse({ pool, installed, offered, arch }: Given): Universe {
  const states = new Uint8Array(pool.size());
  const scores = archScores(arch);
  const scoreOf = (pkg: number) => scores.get(pool.text(pool.arch(pkg)));
  const taken = new Set<number>();
  for (const pkg of installed) {
    states[pkg] = 2;
    taken.add(pool.nevra(pkg));
  }
  for (const pkg of offered) {
    if (states[pkg] || scoreOf(pkg) === undefined || taken.has(pool.nevra(pkg))) continue;
    states[pkg] = 1;
    taken.add(pool.nevra(pkg));
  }
  const isThere = (pkg: number) => states[pkg] !== 0;
  const only = new Set([
    ...installOnly.names.map((name) => pool.textOf(name)),
    ...installOnly.provides.map((name) => pool.textOf(name)),
  ]);
  only.delete(undefined);

  return {
    ...{ pool, installed, isThere },
    isInstalled: (pkg) => states[pkg] === 2,
    isInstallOnly: remembered((pkg) => {
      if (only.size === 0) return false;
      return (
        only.has(pool.name(pkg)) ||
        [...pool.list(pkg, 'provides')].some((d) => only.has(pool.textOf(pool.dependencyName(d))))
      );
    }),
    providers: remembered((dependency) => pool.providers(dependency).filter(isThere)),
    obsoleted: remembered((dependency) => pool.obsoleted(dependency).filter(isThere)),
    obsoleters: remembered((pkg) => pool.obsoleters(pkg).filter(isThere)),
    sameName: (pkg) => pool.named(pool.name(pkg)).filter((p) => p !== pkg && isThere(p)),
    mayReplace(pkg, old) {
      const [a, b] = [scoreOf(pkg) ?? 0, scoreOf(old) ?? 0];
      return pool.arch(pkg) === pool.arch(old) || a === 0 || b === 0;
    },
    isSameColour(a, b) {
      const [one, other] = [colour(pool.text(pool.arch(a))), colour(pool.text(pool.arch(b)))];
      return one === other || one === 0 || other === 0;
    },
    archScore: (pkg) => scoreOf(pkg) ?? 0,
  };
}

function archScores(arch: string): Map<string, number> {
  const all = runsOn[arch] ?? [arch];
  return new Map([['noarch', 0], ...all.map((a, i): [string, number] => [a, all.length - i])]);
}

function colour(arch: string): number {
  if (arch === 'noarch') return 0;
  return /64|s390x/.test(arch) ? 2 : 1;
}

function remembered<T>(find: (key: number) => T): (key: number) => T {
  const known = new Map<number, T>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = find(key);
    known.set(key, found);
    return found;
  };
}
