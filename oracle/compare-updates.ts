import { compareEvr, type Evr } from '../src/repodata/evr.ts';
import type { AvailableUpdate } from '../src/updates/updates.ts';
import type { Installroot, Update } from './installroot.ts';
import type { StubPackage } from './rpm-headers.ts';

/** How an answer of ours stands beside dnf's. */
export interface Compared {
  /** How many answers dnf and we gave together. */
  same: number;
  /** Sentences on those in which we differ. */
  different: string[];
}

/**
 * Compares what an instance lacks with what `dnf check-update` lists on a machine of the same profile. Where dnf lists several
 * builds for one that is installed, the newest is meant.
 */
export async function compareUpdates(
  root: Pick<Installroot, 'checkUpdate'>,
  ours: readonly AvailableUpdate[],
  installed: readonly StubPackage[],
): Promise<Compared> {
  const checked = await root.checkUpdate();
  const idOf = ({ name, arch, evr }: Update) => `${name}.${arch} ${evr}`;
  const newerIsThere = ({ name, arch, evr }: Update) =>
    installed.some(
      (stub) =>
        stub.name === name &&
        (stub.arch === arch || stub.arch === 'noarch' || arch === 'noarch') &&
        compareEvr(evrOf(stub), readEvr(evr)) >= 0,
    );
  // dnf also lists what takes the place of itself, and what would be a step back.
  const obsoletes = checked.obsoletes.filter(
    ({ by, old }) => by.name !== old.name && !newerIsThere(by),
  );
  // By name: which builds come.
  const theirs = new Map<string, Set<string>>();
  const own = new Map<string, Set<string>>();
  const replacing = new Map<string, Set<string>>();
  for (const stub of highest(installed)) {
    const key = `${stub.name}.${stub.arch} ${shownEvr(stub)}`;
    const by = obsoletes.filter(({ old }) => idOf(old) === key).map((one) => one.by);
    // dnf lists all builds of what replaces it: of each architecture the newest may be meant.
    for (const list of Map.groupBy(by, ({ name, arch }) => `${name}.${arch}`).values()) {
      const { name, evr } = best(list);
      put(replacing, stub.name, `${name} ${evr}`);
    }
    const candidates = checked.updates.filter(
      ({ name, arch }) =>
        name === stub.name && (arch === stub.arch || arch === 'noarch' || stub.arch === 'noarch'),
    );
    if (candidates.length > 0) put(theirs, stub.name, idOf(best(candidates, stub.arch)));
  }
  for (const { build, obsoletes: old } of ours) {
    for (const nevra of old?.split(', ') ?? []) {
      put(own, `what replaces ${readNevra(nevra).name}`, `${build.name} ${shownEvr(build)}`);
    }
    // One that replaces others may be an update of what is there already, too.
    if (old === null || installed.some(({ name }) => name === build.name)) {
      put(own, build.name, `${build.name}.${build.arch} ${shownEvr(build)}`);
    }
  }
  for (const [name, by] of replacing) {
    // Any of several may be meant.
    const ways = own.get(`what replaces ${name}`);
    const isOne = ways && [...ways].every((way) => by.has(way));
    theirs.set(`what replaces ${name}`, isOne ? ways : by);
    // dnf lists it too where the new one would be replaced as well.
    const kept = [...(theirs.get(name) ?? [])].filter((build) => own.get(name)?.has(build));
    if (kept.length > 0) theirs.set(name, new Set(kept));
    else theirs.delete(name);
  }
  return compareSets(theirs, own);
}

/** Compares the advisories of what can be updated with what `dnf updateinfo list` says of it. */
export async function compareAdvisories(
  root: Pick<Installroot, 'advisories'>,
  ours: readonly AvailableUpdate[],
  installed: readonly StubPackage[],
): Promise<Compared> {
  // dnf knows no advisory of what changes its architecture.
  const there = new Set(installed.map(({ name, arch }) => `${name}.${arch}`));
  const kept = ours.filter(({ build }) => there.has(`${build.name}.${build.arch}`));
  const builds = new Map(kept.map((update) => [`${update.name}.${update.build.arch}`, update]));
  const theirs = new Map<string, Set<string>>();
  for (const { id, nevra } of await root.advisories()) {
    const { name, arch, evr } = readNevra(nevra);
    const update = builds.get(`${name}.${arch}`);
    // dnf also lists advisories of what is newer than what can be had.
    if (!update || compareEvr(evr, update.build) > 0) continue;
    const key = `${name}.${arch}`;
    put(theirs, key, id);
  }
  const own = new Map<string, Set<string>>();
  for (const update of kept) {
    if (update.advisories.length === 0) continue;
    own.set(`${update.name}.${update.build.arch}`, new Set(update.advisories));
  }
  return compareSets(theirs, own);
}

function compareSets(
  theirs: ReadonlyMap<string, ReadonlySet<string>>,
  own: ReadonlyMap<string, ReadonlySet<string>>,
): Compared {
  const compared: Compared = { same: 0, different: [] };
  for (const key of new Set([...theirs.keys(), ...own.keys()])) {
    const dnf = [...(theirs.get(key) ?? [])].toSorted();
    const we = [...(own.get(key) ?? [])].toSorted();
    if (dnf.join() === we.join()) compared.same++;
    else {
      const said = (list: string[]) => list.join(', ') || 'nothing';
      compared.different.push(`${key}: dnf says ${said(dnf)}; we say ${said(we)}`);
    }
  }
  return compared;
}

/** Of each name and architecture the highest version. */
function highest(installed: readonly StubPackage[]): StubPackage[] {
  const found = new Map<string, StubPackage>();
  for (const stub of installed) {
    const key = `${stub.name}.${stub.arch}`;
    const before = found.get(key);
    if (!before || compareEvr(evrOf(stub), evrOf(before)) > 0) found.set(key, stub);
  }
  return [...found.values()];
}

/** The newest; of several the one for the same architecture, then for the machine's. */
function best(candidates: readonly Update[], arch = ''): Update {
  const rank = (one: Update) => (one.arch === arch ? 2 : one.arch === 'noarch' ? 0 : 1);
  const isI686 = (one: Update) => Number(one.arch === 'i686');
  return candidates.toSorted(
    (a, b) =>
      compareEvr(readEvr(b.evr), readEvr(a.evr)) || rank(b) - rank(a) || isI686(a) - isI686(b),
  )[0]!;
}

function put(map: Map<string, Set<string>>, key: string, value: string): void {
  map.set(key, (map.get(key) ?? new Set()).add(value));
}

const evrOf = ({ epoch, version, release }: Evr): Evr => ({
  ...{ epoch: epoch || '0', version, release },
});

export const shownEvr = ({ epoch, version, release }: Evr): string =>
  `${epoch === '' || epoch === '0' ? '' : `${epoch}:`}${version}-${release}`;

export function readEvr(text: string): Evr {
  const [, epoch = '0', version = '', release = ''] = /^(?:(\d+):)?(.*)-([^-]+)$/.exec(text) ?? [];
  return { epoch, version, release };
}

export function readNevra(nevra: string): { name: string; arch: string; evr: Evr } {
  const [, name = '', evr = '', arch = ''] = /^(.*)-([^-]+-[^-]+)\.([^.]+)$/.exec(nevra) ?? [];
  return { name, arch, evr: readEvr(evr) };
}
