import { ordered } from './choice.ts';
import { type Clauses, createClauses } from './clauses.ts';
import { createRules, type Doubts, no, yes } from './rules.ts';
import type { Universe } from './universe.ts';
import { wantedBeside } from './weak.ts';

/** What is asked of a machine, by numbers of packages. */
export interface Request {
  /** Of each list one is to be installed. */
  install: readonly (readonly number[])[];
  /** Installed ones that are brought up as far as that goes; each with what may take its place. */
  update: ReadonlyMap<number, readonly number[]>;
  /** Installed ones that go, with what needs them. */
  remove: ReadonlySet<number>;
}

/**
 * Finds what would be installed in the end, the way that libsolv does for dnf: what is asked for first, then what is installed in
 * its newest version or as it is, then what these need, then what is recommended. Nothing installed goes but for what takes its
 * place. Undefined where what is asked for cannot be.
 */
export function search(
  universe: Universe,
  request: Request,
  doubts: Doubts,
): { installed: Set<number>; weak: Set<number>; undone: number } | undefined {
  const choices: (readonly number[])[] = [];
  const explain = createRules(universe, doubts);
  /** Each says, as long as it is on, that an update of something installed is what meets a requirement. */
  const switches: number[] = [];
  const clauses = createClauses(universe.pool.size(), (pkg) => {
    explain(pkg, (clause, isChoice) => {
      clauses.add(clause);
      if (!isChoice) return;
      choices.push(clause);
      const preferred = rather(universe, pkg, clause);
      const on = preferred.length > 0 ? clauses.switch() : undefined;
      if (on === undefined) return;
      switches.push(on);
      clauses.add([no(pkg), no(on), ...preferred.map(yes)]);
    });
  });
  const kept = universe.installed.filter((pkg) => !request.remove.has(pkg));
  for (const pkg of request.remove) clauses.add([no(pkg)]);
  for (const pkg of kept) {
    const instead = universe.isInstallOnly(pkg) ? [] : replacements(universe, pkg);
    clauses.add([pkg, ...instead].map(yes));
  }
  for (const list of request.install) clauses.add(list.map(yes));
  if (!clauses.settle()) return undefined;

  const weak = new Set<number>();
  const steps = [
    () => toInstall(universe, request, clauses),
    () => switches.find((on) => clauses.value(on) === 0),
    () => toUpdate(universe, request, clauses),
    () => kept.find((pkg) => clauses.value(pkg) === 0),
    () => toChoose(universe, choices, clauses),
  ];
  const beside = wantedBeside(universe, clauses);
  for (;;) {
    let pkg = first(steps);
    if (pkg === undefined) {
      pkg = beside();
      if (pkg === undefined) break;
      weak.add(pkg);
    }
    if (!clauses.decide(yes(pkg))) return undefined;
  }
  return { installed: new Set(clauses.installed()), weak, undone: clauses.undone() };
}

/** Of what could meet a requirement, what updates something installed; none where that says nothing. */
function rather(universe: Universe, pkg: number, clause: readonly number[]): number[] {
  const all = clause.filter((l) => l > 0).map((l) => l - 1);
  if (universe.isInstalled(pkg) || all.length < 2 || all.some(universe.isInstalled)) return [];
  const updates = all.filter((p) =>
    universe.sameName(p).some((q) => universe.isInstalled(q) && universe.mayReplace(p, q)),
  );
  return updates.length < all.length ? updates : [];
}

function first<T>(finders: readonly (() => T | undefined)[]): T | undefined {
  for (const find of finders) {
    const found = find();
    if (found !== undefined) return found;
  }
  return undefined;
}

const isOpen = (clauses: Clauses, list: readonly number[]): boolean =>
  !list.some((pkg) => clauses.value(pkg) > 0);

function toInstall(universe: Universe, { install }: Request, clauses: Clauses): number | undefined {
  for (const list of install) {
    if (!isOpen(clauses, list)) continue;
    const open = undecided(clauses, list);
    // What is there already will do; dnf wants the newest only where its configuration says `best`.
    return open.find(universe.isInstalled) ?? ordered(universe, open)[0];
  }
  return undefined;
}

const undecided = (clauses: Clauses, list: readonly number[]): number[] =>
  list.filter((pkg) => clauses.value(pkg) === 0);

function toUpdate(universe: Universe, { update }: Request, clauses: Clauses): number | undefined {
  for (const [pkg, instead] of update) {
    const mayStay = clauses.value(pkg) === 0;
    if (universe.isInstallOnly(pkg) ? !isOpen(clauses, instead) : !mayStay) {
      // Where several take its place together, each of them does.
      if (clauses.value(pkg) > 0 || !isNewName(universe, pkg, clauses)) continue;
      const others = undecided(clauses, instead).filter((p) => isNewName(universe, p, clauses));
      if (others.length > 0) return ordered(universe, others)[0];
      continue;
    }
    const [best] = ordered(universe, undecided(clauses, instead));
    if (best !== undefined) return best;
    if (mayStay) return pkg;
  }
  return undefined;
}

const isNewName = (universe: Universe, pkg: number, clauses: Clauses): boolean =>
  !universe.sameName(pkg).some((p) => clauses.value(p) > 0);

function toChoose(
  universe: Universe,
  choices: readonly (readonly number[])[],
  clauses: Clauses,
): number | undefined {
  for (const clause of choices) {
    let isDue = true;
    const open: number[] = [];
    for (const literal of clause) {
      const value = clauses.value(Math.abs(literal) - 1);
      if ((literal > 0 && value > 0) || (literal < 0 && value <= 0)) isDue = false;
      if (!isDue) break;
      if (literal > 0 && value === 0) open.push(literal - 1);
    }
    if (!isDue || open.length === 0) continue;
    return ordered(universe, open, recommendedBy(universe, clauses.installed()))[0];
  }
  return undefined;
}

/** Whether one of these packages recommends another. */
function recommendedBy(universe: Universe, installed: readonly number[]) {
  let all: Set<number> | undefined;
  return (pkg: number): boolean => {
    all ??= new Set(
      installed.flatMap((p) =>
        [...universe.pool.list(p, 'recommends')].flatMap(universe.providers),
      ),
    );
    return all.has(pkg);
  };
}

/** What takes the place of an installed package: newer versions, and what obsoletes it. */
export function replacements(universe: Universe, pkg: number): number[] {
  const { pool, mayReplace } = universe;
  const newer = universe
    .sameName(pkg)
    .filter((p) => !universe.isInstalled(p) && pool.compare(p, pkg) > 0 && mayReplace(p, pkg));
  const instead = universe
    .obsoleters(pkg)
    .filter((p) => !universe.isInstalled(p) && universe.isSameColour(p, pkg));
  return [...newer, ...instead];
}
