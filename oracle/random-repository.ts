import type { Dependency } from '../src/repodata/primary-record.ts';
import type { MadeAdvisory, MadeModule, MadeRepository } from './made-repository.ts';
import type { StubPackage } from './rpm-headers.ts';

/** Random numbers that follow from a seed, and what is made of them. */
export interface Chance {
  /** From 0 to below 1. */
  number(): number;
  pick<T>(list: readonly T[]): T;
  /** Whether something happens that does in so many of a hundred cases. */
  is(percent: number): boolean;
  some<T>(list: readonly T[], percent: number): T[];
  /** A whole number from one to another. */
  from(least: number, most: number): number;
}

export function chanceOf(number: () => number): Chance {
  const is = (percent: number) => number() * 100 < percent;
  return {
    number,
    is,
    pick: (list) => list[Math.floor(number() * list.length)]!,
    some: (list, percent) => list.filter(() => is(percent)),
    from: (least, most) => least + Math.floor(number() * (most - least + 1)),
  };
}

const versions = ['1.0', '1.0~rc1', '1.0^git1', '1.2', '1.10', '2', '2.0', '3.0a', '3.0b', '10'];
const releases = ['1.el8', '2.el8', '2.el8_1', '10.el8', '0.1.el8'];

/**
 * A repository with all that makes it hard to say what an update is: several builds of a name, epochs, both architectures, packages
 * that became noarch, obsoletes, kernels, modules and packages of their names besides, and advisories of what is there and of what is not.
 */
export function randomRepository(chance: Chance): MadeRepository {
  const { pick, is, from } = chance;
  const packages: StubPackage[] = [];
  const add = (...made: StubPackage[]) => packages.push(...made);

  for (let i = 0; i < 40; i++) add(...plain(`app${i}`, chance));
  for (let i = 0; i < 12; i++) add(...obsoleting(i, chance));
  for (const release of ['80.el8', '147.el8', '193.el8']) {
    for (const name of ['kernel', 'kernel-core', 'kernel-devel']) {
      const stub = { name, epoch: '', version: '4.18.0', release, arch: 'x86_64' };
      const provides = [equals(stub, name), equals(stub, 'installonlypkg(kernel)')];
      if (is(80)) add({ ...stub, provides });
    }
  }
  const modules: MadeModule[] = [];
  const defaults: { module: string; stream: string | null }[] = [];
  for (let i = 0; i < 6; i++) {
    const made = randomModule(`mod${i}`, chance);
    modules.push(...made);
    for (const { artifacts } of made) add(...artifacts);
    const streams = made.map(({ stream }) => stream);
    if (is(60)) defaults.push({ module: `mod${i}`, stream: is(90) ? pick(streams) : null });
    // The same names, of no stream.
    if (is(70)) add(...plain(`mod${i}`, chance));
    if (is(30)) add(...plain(`mod${i}-libs`, chance));
    // What provides such a name is hidden with it.
    const like = is(40) ? plain(`like-mod${i}`, chance) : [];
    for (const stub of like) {
      add({ ...stub, provides: [equals(stub, stub.name), dependency(`mod${i}`)] });
    }
  }
  const all = once(packages);
  const advisories = Array.from({ length: from(15, 40) }, (_, i) =>
    advisory(i, { chance, packages: all, modules }),
  );
  return { packages: all, advisories, modules, defaults };
}

/** The builds of one name, each once. */
function plain(name: string, chance: Chance): StubPackage[] {
  const { pick, is, from } = chance;
  const epoch = is(80) ? '' : pick(['1', '2', '10']);
  const kinds: string[][] = [['x86_64'], ['x86_64', 'i686'], ['noarch'], ['x86_64', 'noarch']];
  const archs = pick(kinds);
  return Array.from({ length: from(1, 4) }, () => {
    const version = { version: pick(versions), release: pick(releases) };
    const of = { name, ...version, epoch: is(15) ? pick(['', '1', '3']) : epoch };
    // Built for all of them, or now for one and now for another.
    const built = is(70) && !archs.includes('noarch') ? archs : [pick(archs)];
    return built.map((arch) => ({ ...of, arch }));
  }).flat();
}

/** A package that takes the place of others, some of which are there still. */
function obsoleting(i: number, chance: Chance): StubPackage[] {
  const { pick, is } = chance;
  const old = `old${i}`;
  const range: Partial<Dependency> = is(70)
    ? { flags: pick(['LT', 'LE', 'EQ']), epoch: '0', version: pick(versions) }
    : {};
  const obsoletes: Dependency[] = [dependency(old, range)];
  // Two that are one from now on.
  if (is(20)) obsoletes.push(dependency(`old${(i + 1) % 12}`));
  const builds = plain(`new${i}`, chance);
  // Each version says it for all architectures.
  const versionOf = ({ epoch, version, release }: StubPackage) => `${epoch}:${version}-${release}`;
  const keeping = new Set(chance.some(builds, 20).map(versionOf));
  return [
    ...builds.map((stub) => (keeping.has(versionOf(stub)) ? stub : { ...stub, obsoletes })),
    ...(is(40) ? plain(old, chance) : []),
  ];
}

function randomModule(name: string, chance: Chance): MadeModule[] {
  const { pick, is, from } = chance;
  const streams = ['1', '2.0', 'rolling'].slice(0, from(1, 3));
  return streams.flatMap((stream, i) =>
    Array.from({ length: from(1, 2) }, (_, build): MadeModule => {
      const version = 8_000_000_000 + build;
      const context = pick(['aaaa1111', 'aaaa1111', 'bbbb2222']);
      const release = `${build + 1}.module+el8+${build}+${context}`;
      const of = { epoch: is(90) ? '' : '1', version: `${i + 1}.${from(0, 3)}`, release };
      const artifacts = [
        { name, ...of, arch: 'x86_64' },
        ...(is(70) ? [{ name: `${name}-libs`, ...of, arch: 'x86_64' }] : []),
        ...(is(30) ? [{ name: `${name}-libs`, ...of, arch: 'i686' }] : []),
        ...(is(40) ? [{ name: `${name}-doc`, ...of, arch: 'noarch' }] : []),
      ];
      return {
        ...{ name, stream, version, context, arch: 'x86_64', artifacts },
        profiles: { common: [name] },
      };
    }),
  );
}

function advisory(
  i: number,
  {
    chance,
    packages,
    modules,
  }: { chance: Chance; packages: readonly StubPackage[]; modules: readonly MadeModule[] },
): MadeAdvisory {
  const { pick, is, from } = chance;
  const module = is(20) ? pick(modules) : undefined;
  // dnf goes by versions alone, also of what a stream hides: of such names only modules have advisories.
  const plain = packages.filter(({ name }) => !name.includes('mod'));
  const shipped = module ? module.artifacts : Array.from({ length: from(1, 4) }, () => pick(plain));
  const gone = { ...pick(plain.filter(({ name }) => name.startsWith('app'))), release: '5.gone' };
  return {
    id: `MADE-2026:${1000 + i}`,
    type: pick(['security', 'security', 'bugfix', 'enhancement', 'newpackage', 'unspecified']),
    severity: pick(['Critical', 'Important', 'Moderate', 'Low', 'None', '']),
    issued: `2026-0${from(1, 9)}-1${from(0, 9)} 12:00:00`,
    cves: is(50) ? [`CVE-2026-${1000 + from(0, 30)}`] : [],
    packages: !module && is(20) ? [...shipped, gone] : shipped,
    module,
  };
}

export const dependency = (name: string, range: Partial<Dependency> = {}): Dependency => ({
  ...{ name, flags: undefined, epoch: undefined, version: undefined, release: undefined, pre: 0 },
  ...range,
});

const equals = ({ epoch, version, release }: StubPackage, name: string): Dependency =>
  dependency(name, { flags: 'EQ', epoch: epoch || '0', version, release });

function once(packages: readonly StubPackage[]): StubPackage[] {
  const known = new Map<string, StubPackage>();
  for (const p of packages) {
    known.set([p.name, p.epoch, p.version, p.release, p.arch].join(' '), p);
  }
  return [...known.values()];
}
