import { takesStream } from '../../repodata/module-dependencies.ts';
import type { ModulesOf, StreamBuild } from '../../store/catalogue/module-streams.ts';
import { nevraOf, type PackageSet } from './package-set.ts';

/**
 * Hides the packages that dnf hides from a machine on which no module was enabled: those of streams that are not in use, and those
 * of no module that have, or provide, the name of a package of a stream in use. Source: libdnf's `dnf_sack_filter_modules_v2`.
 */
export function hideModular(
  set: PackageSet,
  { builds }: ModulesOf,
  active: ReadonlySet<StreamBuild>,
): void {
  const artifacts = new Set(builds.flatMap((b) => b.artifacts));
  const used = new Set([...active].flatMap((b) => b.artifacts));
  for (const member of set.members) {
    const nevra = nevraOf(member.dependencies);
    member.hidden = artifacts.has(nevra) && !used.has(nevra);
  }
  for (const name of new Set([...used].flatMap(binaryName))) {
    for (const n of set.named(name)) {
      const member = set.members[n]!;
      if (!used.has(nevraOf(member.dependencies))) member.hidden = true;
    }
  }
}

function binaryName(nevra: string): string[] {
  const [, name, arch] = /^(.+)-[^-]+-[^-]+\.([^.]+)$/.exec(nevra) ?? [];
  return name && arch !== 'src' && arch !== 'nosrc' ? [name] : [];
}

/**
 * The builds in use where no module was enabled: those of default streams, and of streams that these need and of whose modules
 * none is the default. A default of which no build finds what it needs is not used. `platform` is a stream such as `el8`; undefined
 * where any will do.
 */
export function activeBuilds(
  { builds, defaults }: ModulesOf,
  platform: string | undefined,
): Set<StreamBuild> {
  const chosen = defaultStreams({ builds, defaults });
  const unusable = new Set<string>();
  for (;;) {
    const active = new Set<StreamBuild>();
    const needed = new Map<string, string>();
    for (const [name, stream] of chosen) {
      for (const build of builds) {
        if (build.name !== name || build.stream !== stream) continue;
        const wanted = neededBy(build, { builds, chosen, unusable, platform });
        if (!wanted) continue;
        active.add(build);
        for (const [module, other] of wanted) needed.set(module, other);
      }
    }
    const inUse = new Set([...active].map((b) => b.name));
    const lost = [...chosen.keys()].filter((name) => !inUse.has(name));
    for (const name of lost) {
      chosen.delete(name);
      unusable.add(name);
    }
    const more = [...needed].filter(([name]) => !chosen.has(name) && !unusable.has(name));
    for (const [name, stream] of more) chosen.set(name, stream);
    if (lost.length === 0 && more.length === 0) return active;
  }
}

/** The default stream of each module that has builds here; none where two defaults of a module differ. */
function defaultStreams({ builds, defaults }: ModulesOf): Map<string, string> {
  const named = new Map<string, Set<string>>();
  for (const { module, stream } of defaults) {
    if (stream !== undefined) named.set(module, (named.get(module) ?? new Set()).add(stream));
  }
  const present = new Set(builds.map((b) => `${b.name}:${b.stream}`));
  const chosen = new Map<string, string>();
  for (const [module, [stream, ...others]] of named) {
    if (others.length === 0 && present.has(`${module}:${stream}`)) chosen.set(module, stream!);
  }
  return chosen;
}

/** The streams of modules without default that a build needs; undefined where it cannot be used with those chosen. */
function neededBy(
  build: StreamBuild,
  about: {
    builds: StreamBuild[];
    chosen: Map<string, string>;
    unusable: Set<string>;
    platform: string | undefined;
  },
): Map<string, string> | undefined {
  const { builds, chosen, unusable, platform } = about;
  if (build.requires.length === 0) return new Map();
  for (const alternative of build.requires) {
    const needed = new Map<string, string>();
    const met = Object.entries(alternative).every(([module, wanted]) => {
      if (module === 'platform') return platform === undefined || takesStream(wanted, platform);
      if (unusable.has(module)) return false;
      const stream = chosen.get(module);
      if (stream !== undefined) return takesStream(wanted, stream);
      const other = builds.find((b) => b.name === module && takesStream(wanted, b.stream));
      if (other) needed.set(module, other.stream);
      return other !== undefined;
    });
    if (met) return needed;
  }
  return undefined;
}
