import type { MadeModule, MadeRepository } from './made-repository.ts';
import type { Chance } from './random-repository.ts';
import { inVersion } from './repository.ts';
import type { StubPackage } from './rpm-headers.ts';

export interface RandomProfile {
  installed: StubPackage[];
  /** What the machine itself says of its modules. */
  streams: Record<string, { stream: string | null; profiles: string[] }>;
  /** Whether it told the server so, which has to infer it otherwise. */
  isNoted: boolean;
}

/** Of so many names that a large repository has, a machine has so many. */
const mostInstalled = 300;

/** What may be installed on a machine that has a repository: some of it, in older and newer versions too. */
export function randomProfile(
  { packages, modules = [], defaults = [] }: MadeRepository,
  chance: Chance,
): RandomProfile {
  const { is, pick } = chance;
  const modular = new Set(modules.flatMap(({ artifacts }) => artifacts.map(identity)));
  const byName = Map.groupBy(
    packages.filter((stub) => !modular.has(identity(stub))),
    ({ name }) => name,
  );
  const share = Math.min(50, (100 * mostInstalled) / byName.size);
  const installed = new Map<string, StubPackage>();
  const add = (stub: StubPackage) => installed.set(identity(stub), stub);
  for (const builds of byName.values()) {
    if (!is(share)) continue;
    if (isInstallOnly(builds[0]!)) for (const build of chance.some(builds, 60)) add(build);
    else {
      // One version, of one or two architectures.
      const first = aged(pick(builds), chance);
      add(first);
      const other = builds.find(({ arch }) => arch !== first.arch);
      const isEither = other && ![other.arch, first.arch].includes('noarch');
      if (isEither && is(60)) add({ ...first, arch: other.arch });
    }
  }
  const isNoted = is(50);
  const streams: RandomProfile['streams'] = {};
  for (const [name, versions] of Map.groupBy(modules, (module) => module.name)) {
    const { builds, stream } = modularPart(versions, chance);
    for (const build of builds) {
      // Of the same name without a stream there is nothing besides.
      for (const [key, { name: other }] of installed)
        if (other === build.name) installed.delete(key);
    }
    for (const build of builds) add(build);
    if (stream !== undefined) streams[name] = { stream, profiles: [] };
    // What nothing tells of, the server cannot know; what is the default, it can.
    const isDefault = defaults.some((d) => d.module === name && d.stream === stream);
    if (!isNoted && builds.length === 0 && !isDefault) delete streams[name];
  }
  return { installed: [...installed.values()], streams, isNoted };
}

function modularPart(
  versions: readonly MadeModule[],
  { is, pick, some }: Chance,
): { builds: StubPackage[]; stream?: string | null } {
  if (is(30)) return { builds: [] };
  if (is(10)) return { builds: [], stream: null };
  const { stream, artifacts } = pick(versions);
  return { builds: is(85) ? some(artifacts, 70) : [], stream };
}

/** As it is, or in another version than the repository has it in. */
function aged(stub: StubPackage, { is, pick }: Chance): StubPackage {
  if (is(35)) return stub;
  if (is(60)) return inVersion(stub, { release: `0.${stub.release}` });
  if (is(40)) return inVersion(stub, { version: `0.${stub.version}` });
  if (is(50)) return inVersion(stub, { version: '99', release: '1' });
  return inVersion(stub, { epoch: pick(['', '1', '2', '3']) });
}

const isInstallOnly = ({ name, provides = [] }: StubPackage): boolean =>
  /^kernel(-core|-devel)?$/.test(name) ||
  provides.some((one) => one.name?.startsWith('installonlypkg('));

export const identity = ({ name, epoch, version, release, arch }: StubPackage): string =>
  `${name}-${epoch === '0' ? '' : epoch}:${version}-${release}.${arch}`;
