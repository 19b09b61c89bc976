import { shownEvr } from '../../repodata/dependencies.ts';
import { named } from './named.ts';
import type { Pool } from './pool.ts';
import type { PreviewWish } from './preview.ts';
import { tooMany, withDependents } from './removal.ts';
import type { Doubts } from './rules.ts';
import { type Request, replacements, search } from './search.ts';
import { createUniverse, type Universe } from './universe.ts';

export interface Question {
  pool: Pool;
  installed: readonly number[];
  /** What the machine's channels offer it, in their order. */
  offered: Iterable<number>;
  /** Of the machine: x86_64. */
  arch: string;
  wish: Omit<PreviewWish, 'enable'>;
  /** Installed packages of which nothing but the name is known. */
  unknown: readonly number[];
  /** Of the kinds of updates that are wanted, whether an installed package has one; all where it is absent. */
  isOfKind?: (installed: number, newer: readonly number[]) => boolean;
  /** Whether it belongs to the kernel that runs. */
  isRunning?: (pkg: number) => boolean;
}

/** What would be done, by numbers of packages. */
export interface Decision {
  decided: boolean;
  reasons: string[];
  upgrades: { pkg: number; old: number }[];
  installs: number[];
  dependencies: { pkg: number; weak: boolean }[];
  removals: { pkg: number; asked: boolean }[];
  obsoleted: { pkg: number; by: number }[];
  /** Files that are wanted and that no package lists in primary: where they are found the question is to be asked again. */
  files: string[];
}

const mostShown = 10;

/** Says what dnf would do on a machine. */
export function decide(question: Question): Decision {
  const { pool, wish, unknown } = question;
  const universe = createUniverse(question);
  const doubts: Doubts = { files: new Set(), unmet: [], unreadable: new Set() };
  const reasons: string[] = [];
  const none = { upgrades: [], installs: [], dependencies: [], removals: [], obsoleted: [] };
  let decided = true;

  const asked = new Set(wish.remove?.flatMap((text) => meant(text, universe.isInstalled)));
  const remove = withDependents(universe, new Set(universe.installed), asked);
  const install = (wish.install ?? []).map((text) => {
    const found = meant(text, universe.isThere);
    const instead = found.flatMap(universe.obsoleters).filter((p) => !universe.isInstalled(p));
    return [...new Set([...found, ...instead])].filter((pkg) => !remove.has(pkg));
  });
  const update = toUpdate(universe, question, meant);
  for (const pkg of remove) update.delete(pkg);
  if (asked.size > 0 && unknown.length > 0) {
    decided = false;
    reasons.push(`what needs the packages that go is not known of ${listed(universe, unknown)}`);
  }
  if (install.some((list) => list.length === 0)) return { ...none, ...verdict(), decided };

  const request: Request = { install, update, remove };
  const found = search(universe, request, doubts);
  if (!found) {
    sayWhyNot();
    return { ...none, ...verdict(), decided };
  }
  const isRunning = question.isRunning ?? (() => false);
  const beyond = tooMany(universe, found.installed, isRunning);
  const out = withDependents(universe, found.installed, beyond);
  if (beyond.length === 0) out.clear();
  const final = new Set([...found.installed].filter((pkg) => !out.has(pkg)));
  sayWhatStays();
  const changes = changed(universe, final, { request, asked, weak: found.weak });
  return { ...none, ...changes, ...verdict(), decided };

  function meant(text: string, isWanted: (pkg: number) => boolean): number[] {
    const all = named(universe, text).filter(isWanted);
    if (all.length > 0) return all;
    if (text.startsWith('/')) doubts.files.add(text);
    const where = isWanted === universe.isThere ? 'in a source of the instance' : 'installed';
    reasons.push(`no package ${text} is ${where}`);
    return [];
  }

  function verdict(): Pick<Decision, 'reasons' | 'files'> {
    for (const text of doubts.unreadable) {
      decided = false;
      reasons.push(`a dependency cannot be read: ${text.slice(0, 200)}`);
    }
    return { reasons: reasons.slice(0, 100), files: [...doubts.files] };
  }

  function lacks(): string[] {
    const shown = doubts.unmet.map(
      ({ pkg, dependency }) =>
        `${shownNevra(pool, pkg)} needs ${dependency}, which nothing provides`,
    );
    if (shown.length > 0 && unknown.length > 0) {
      decided = false;
      shown.push(`what ${listed(universe, unknown)} may provide is not known`);
    }
    return [...new Set(shown)].slice(0, mostShown);
  }

  /** Whether dnf would have to put it in the place of a newer one. */
  function isBackward(pkg: number): boolean {
    return universe
      .sameName(pkg)
      .some(
        (p) =>
          universe.isInstalled(p) &&
          !universe.isInstallOnly(p) &&
          universe.mayReplace(pkg, p) &&
          pool.compare(p, pkg) > 0,
      );
  }

  function sayWhyNot(): void {
    const older = install.flat().find(isBackward);
    if (older !== undefined) {
      decided = false;
      reasons.push(`${shownNevra(pool, older)} is older than what is there: dnf may go back to it`);
      return;
    }
    const names = [...(wish.install ?? [])].join(', ');
    reasons.push(
      `${names || 'what is asked for'} cannot be installed beside what is there`,
      ...lacks(),
    );
  }

  function sayWhatStays(): void {
    const kept = [...update].filter(
      ([pkg, newer]) =>
        final.has(pkg) && !universe.isInstallOnly(pkg) && !newer.some((p) => final.has(p)),
    );
    if (kept.length === 0) return;
    for (const [pkg, newer] of kept.slice(0, mostShown)) {
      const newest = newer.toSorted(pool.compare).at(-1)!;
      reasons.push(
        `${shownNevra(pool, pkg)} stays: ${shownNevra(pool, newest)} does not go with the rest`,
      );
    }
    if (kept.length > mostShown) reasons.push(`${kept.length - mostShown} others stay as well`);
    reasons.push(...lacks());
  }
}

type Meant = (text: string, isWanted: (pkg: number) => boolean) => number[];

/** The installed packages that are to be updated, with what may take their places. */
function toUpdate(
  universe: Universe,
  { wish, isOfKind }: Question,
  meant: Meant,
): Map<number, readonly number[]> {
  const taking = new Set(wish.update && universe.installed.flatMap(universe.obsoleters));
  const named = new Set(wish.update?.flatMap((text) => meant(text, hasInstalled)));
  const update = new Map<number, readonly number[]>();
  if (named.size === 0 && wish.updateAll === undefined) return update;
  for (const pkg of universe.installed) {
    // Of several versions side by side the newest counts.
    const isOld = universe
      .sameName(pkg)
      .some(
        (p) =>
          universe.isInstalled(p) &&
          universe.mayReplace(p, pkg) &&
          universe.pool.compare(p, pkg) > 0,
      );
    if (isOld) continue;
    const all = replacements(universe, pkg);
    // Where a version is named, it is that one; what takes the place of what was named may have any.
    const isMeant = (p: number) =>
      named.has(p) || (named.has(pkg) && universe.pool.name(p) !== universe.pool.name(pkg));
    const isOfAll =
      wish.updateAll !== undefined &&
      all.length > 0 &&
      (wish.updateAll === 'all' || isOfKind === undefined || isOfKind(pkg, all));
    const newer = isOfAll ? all : all.filter(isMeant);
    if (newer.length > 0) update.set(pkg, newer);
  }
  return update;

  /** Whether it, another build of it, or what it takes the place of is there to be updated. */
  function hasInstalled(pkg: number): boolean {
    return [pkg, ...universe.sameName(pkg)].some(universe.isInstalled) || taking.has(pkg);
  }
}

function changed(
  universe: Universe,
  final: ReadonlySet<number>,
  {
    request,
    asked,
    weak,
  }: { request: Request; asked: ReadonlySet<number>; weak: ReadonlySet<number> },
): Pick<Decision, 'upgrades' | 'installs' | 'dependencies' | 'removals' | 'obsoleted'> {
  const found: ReturnType<typeof changed> = {
    ...{ upgrades: [], installs: [], dependencies: [], removals: [], obsoleted: [] },
  };
  const wanted = new Set(request.install.flat());
  const isGone = (pkg: number) => universe.isInstalled(pkg) && !final.has(pkg);
  const replaced = new Set<number>();
  const obsoleting = new Set<number>();
  for (const old of universe.installed) {
    if (!isGone(old) || request.remove.has(old)) continue;
    const by = universe.obsoleters(old).find((p) => final.has(p));
    const newer = universe
      .sameName(old)
      .find((p) => final.has(p) && !universe.isInstalled(p) && universe.mayReplace(p, old));
    if (newer !== undefined && !universe.isInstallOnly(old)) {
      found.upgrades.push({ pkg: newer, old });
      replaced.add(newer);
    } else if (by !== undefined) {
      found.obsoleted.push({ pkg: old, by });
      obsoleting.add(by);
    } else found.removals.push({ pkg: old, asked: false });
  }
  for (const pkg of request.remove) found.removals.push({ pkg, asked: asked.has(pkg) });
  const beside = new Set([...request.update.values()].flat());
  for (const pkg of final) {
    if (universe.isInstalled(pkg) || replaced.has(pkg)) continue;
    const isAsked = wanted.has(pkg) || obsoleting.has(pkg) || beside.has(pkg);
    if (isAsked) found.installs.push(pkg);
    else found.dependencies.push({ pkg, weak: weak.has(pkg) });
  }
  return found;
}

function listed({ pool }: Universe, packages: readonly number[]): string {
  const names = packages.slice(0, 3).map((pkg) => shownNevra(pool, pkg));
  return packages.length > 3
    ? `${names.join(', ')} and ${packages.length - 3} others`
    : names.join(', ');
}

export function shownNevra(pool: Pool, pkg: number): string {
  const { name, arch, ...evr } = pool.shown(pkg);
  return `${name}-${shownEvr(evr)}.${arch}`;
}
