import { BitSet } from '../../base/bit-set.ts';
import { type Part, partsOf, readModules } from '../../channels/check/gather.ts';
import type { createContents } from '../../channels/content/contents.ts';
import type { Reading } from '../../channels/content/listed.ts';
import { shownEvr } from '../../repodata/dependencies.ts';
import { type BuildFacts, createBuildFacts } from '../../store/catalogue/builds.ts';
import type { ModulesOf } from '../../store/catalogue/module-streams.ts';
import type { Objects } from '../../store/objects/objects.ts';
import type { Sqlite } from '../../store/sqlite.ts';
import { needsReboot } from '../reboot.ts';
import type { NotedModules } from '../updates.ts';
import { createClosed, type SeenAdvisories, type Step } from './closed.ts';
import { type Decision, decide } from './decide.ts';
import { hiddenByModules } from './modules.ts';
import type { Packages } from './packages.ts';
import type { Nevra } from './pool.ts';
import type { ComingPackage, GoingPackage, Preview, PreviewWish } from './preview.ts';

/** A machine, and what is asked about it. */
export interface PreviewQuestion {
  /** What it reads, each with the object of the revision. */
  channels: { label: string; manifest: string }[];
  installed: Nevra[];
  /** x86_64 */
  arch: string;
  /** As it said; null where it did not. */
  modules: NotedModules | null;
  /** `uname -r` of it. */
  kernel: string | null;
  wish: PreviewWish;
}

export interface AnswerDeps {
  db: Sqlite;
  objects: Objects;
  contents: ReturnType<typeof createContents>;
  packages: Packages;
  /** Modules that were read before, by what they are of. */
  modules: Map<string, ModulesOf>;
}

/** How often files are looked up that packages turn out to need. */
const mostRounds = 4;

/** Answers a question about a machine. Throws AppErrors. */
export async function answer(deps: AnswerDeps, question: PreviewQuestion): Promise<Preview> {
  const { db, objects, contents } = deps;
  const gathered = await Promise.all(
    question.channels.map(async ({ label, manifest }) => ({
      label,
      content: await contents.of(label, manifest),
      parts: await partsOf({ objects, contentOf: contents.of }, { label, revision: manifest }),
    })),
  );
  const all = gathered.map(({ content }) => content);
  return contents.reading(all, async (reading) => {
    const builds = createBuildFacts(db);
    const seen = await look(deps, reading, { gathered, builds });
    return preview(deps, question, { ...seen, builds });
  });
}

interface Seen {
  /** Packages with the source that has them, and their rows, in the order of channels. */
  offered: Map<number, { label: string; row: number }>;
  advisories: SeenAdvisories;
  filelists: string[];
  modules: ModulesOf;
}

async function look(
  deps: AnswerDeps,
  { facts }: Reading,
  of: { gathered: { label: string; parts: Part[] }[]; builds: BuildFacts },
): Promise<Seen> {
  const { db, objects, packages } = deps;
  const seen: Seen = {
    ...{ offered: new Map(), filelists: [] },
    advisories: { labels: new Map(), whole: new BitSet() },
    modules: { builds: [], defaults: [] },
  };
  for (const { label, parts } of of.gathered) {
    for (const { origin, manifest } of parts) {
      const { primary, updateinfo, filelists } = manifest.trees;
      const { rows } = await facts.trees(objects, 'package', primary);
      const numbers = primary
        ? await packages.ofTree({ db, objects, builds: of.builds }, primary, rows)
        : [];
      for (const [i, pkg] of numbers.entries()) {
        const row = rows[i]!;
        if (pkg < 0 || seen.offered.has(pkg)) continue;
        if (origin.packages === 'all' || origin.packages.has(row)) {
          seen.offered.set(pkg, { label, row });
        }
      }
      const advisories = await facts.trees(objects, 'advisory', updateinfo);
      for (const row of origin.advisories === 'all' ? advisories.rows : origin.advisories) {
        seen.advisories.labels.set(row, [...(seen.advisories.labels.get(row) ?? []), label]);
        if (origin.packages === 'all') seen.advisories.whole.add(row);
      }
      if (filelists) seen.filelists.push(filelists);
    }
    const own = await modulesOf(deps, parts);
    seen.modules.builds.push(...own.builds);
    seen.modules.defaults.push(...own.defaults);
  }
  return seen;
}

/** Of so many contents the modules are kept. */
const mostModules = 32;

async function modulesOf({ db, objects, modules }: AnswerDeps, parts: Part[]) {
  const found: ModulesOf = { builds: [], defaults: [] };
  for (const part of parts) {
    const wanted = part.origin.modules;
    const names = wanted === 'all' ? wanted : [...wanted].sort().join();
    const key = `${part.origin.manifest} ${names}`;
    let own = modules.get(key);
    if (!own) {
      own = await readModules({ db, objects }, [part]);
      if (modules.size >= mostModules) modules.clear();
      modules.set(key, own);
    }
    found.builds.push(...own.builds);
    found.defaults.push(...own.defaults);
  }
  return found;
}

async function preview(
  deps: AnswerDeps,
  question: PreviewQuestion,
  seen: Seen & { builds: BuildFacts },
): Promise<Preview> {
  const { db, objects, packages } = deps;
  const { pool } = packages;
  const { builds, filelists } = seen;
  const catalogue = { db, objects, builds };
  const offeredBy = new Map<number, number>();
  for (const pkg of seen.offered.keys()) {
    if (!offeredBy.has(pool.nevra(pkg))) offeredBy.set(pool.nevra(pkg), pkg);
  }
  const installed: number[] = [];
  for (const one of question.installed) {
    const of = { ...one, epoch: one.epoch || '0' };
    if (of.name === 'gpg-pubkey') continue;
    const number = pool.nevraOf(of);
    const known = number === undefined ? undefined : offeredBy.get(number);
    installed.push(known ?? (await packages.installed(catalogue, of)));
  }
  const { enable, ...wish } = question.wish;
  const hidden = hiddenByModules(pool, {
    ...{ modules: seen.modules, noted: question.modules ?? undefined },
    ...{ enable: enable ?? [], installed: question.installed },
  });
  const closed = createClosed(builds, {
    ...seen.advisories,
    isOffered: (build) => offeredBy.has(pool.nevraOf(build) ?? -1),
  });
  const kinds = wish.updateAll === 'all' ? undefined : wish.updateAll;
  const isRunning = (pkg: number) => {
    const { version, release, arch } = pool.shown(pkg);
    return question.kernel?.startsWith(`${version}-${release}.${arch}`) === true;
  };
  const ask = () =>
    decide({
      ...{ pool, installed, arch: question.arch, wish, isRunning },
      offered: [...seen.offered.keys()].filter((pkg) => !hidden.has(pkg)),
      unknown: installed.filter(packages.isUnknown),
      ...(kinds && {
        isOfKind: (old: number, newer: readonly number[]) => {
          const newest = newer.toSorted(pool.compare).at(-1)!;
          const step = { old: pool.shown(old), build: pool.shown(newest) };
          return kinds.includes(closed.kindOf(step));
        },
      }),
    });
  let decision = ask();
  for (let i = 0; i < mostRounds && decision.files.length > 0; i++) {
    if (!(await packages.lookUp(catalogue, { filelists, paths: decision.files }))) break;
    decision = ask();
  }
  const reasons = [...unknownModules(seen.modules, enable ?? []), ...decision.reasons];
  return shown({ ...decision, reasons }, { pool, seen, builds, closed, installed });
}

/** What was to be enabled or disabled and is not there: dnf refuses that. */
function unknownModules(
  { builds }: ModulesOf,
  wanted: readonly { module: string; stream: string | null }[],
): string[] {
  const isThere = ({ module, stream }: (typeof wanted)[number]) =>
    builds.some((one) => one.name === module && (stream === null || one.stream === stream));
  return wanted
    .filter((one) => !isThere(one))
    .map(({ module, stream }) => {
      const name = stream === null ? module : `${module}:${stream}`;
      return `no module ${name} is in a source of the instance`;
    });
}

function shown(
  decision: Decision,
  about: {
    pool: Packages['pool'];
    seen: Seen;
    builds: BuildFacts;
    closed: ReturnType<typeof createClosed>;
    installed: readonly number[];
  },
): Preview {
  const { pool, seen, builds, closed } = about;
  const coming = [
    ...decision.upgrades.map(({ pkg }) => pkg),
    ...decision.installs,
    ...decision.dependencies.map(({ pkg }) => pkg),
  ];
  const going = [
    ...decision.upgrades.map(({ old }) => old),
    ...[...decision.removals, ...decision.obsoleted].map(({ pkg }) => pkg),
  ];
  const rowOf = (pkg: number) => seen.offered.get(pkg)?.row ?? builds.rowOf(pool.shown(pkg)) ?? 0;
  const sizes = builds.sizes([...coming, ...going].map(rowOf));
  const sizesOf = (pkg: number) => sizes.get(rowOf(pkg)) ?? [0, 0];
  const gone = (pkg: number): GoingPackage => {
    const { name, arch, ...evr } = pool.shown(pkg);
    return { name, arch, evr: shownEvr(evr) };
  };
  const come = (pkg: number): ComingPackage => {
    const [size, installedSize] = sizesOf(pkg);
    return { ...gone(pkg), source: seen.offered.get(pkg)?.label ?? '', size, installedSize };
  };
  const rows = stepsOf(decision, coming, about).flatMap(closed.rowsOf);
  const advisories = closed.summaries(rows);
  const sum = (packages: number[], of: 0 | 1) =>
    packages.reduce((total, pkg) => total + sizesOf(pkg)[of], 0);
  const names = new Set(coming.map((pkg) => pool.shown(pkg).name));
  return {
    ...{ decided: decision.decided, reasons: decision.reasons },
    upgrades: decision.upgrades
      .map(({ pkg, old }) => ({ ...come(pkg), installed: gone(old).evr }))
      .sort(byName),
    installs: decision.installs.map(come).sort(byName),
    dependencies: decision.dependencies
      .map(({ pkg, weak }) => ({ ...come(pkg), weak }))
      .sort(byName),
    removals: decision.removals.map(({ pkg, asked }) => ({ ...gone(pkg), asked })).sort(byName),
    obsoleted: decision.obsoleted
      .map(({ pkg, by }) => ({ ...gone(pkg), by: pool.shown(by).name }))
      .sort(byName),
    downloadBytes: sum(coming, 0),
    installedBytes: sum(coming, 1) - sum(going, 1),
    advisories,
    cves: [...new Set(advisories.flatMap(({ cves }) => cves))].sort(),
    reboot: [...names].filter(needsReboot).sort(),
  };
}

/** What comes in the place of something, or beside an older one as kernels do. What is quite new closes nothing. */
function stepsOf(
  { upgrades, obsoleted }: Decision,
  coming: readonly number[],
  { pool, installed }: { pool: Packages['pool']; installed: readonly number[] },
): Step[] {
  const slotOf = (pkg: number) => {
    const { name, arch } = pool.shown(pkg);
    return `${name}\n${arch}`;
  };
  const olds = new Map(installed.toSorted(pool.compare).map((pkg) => [slotOf(pkg), pkg]));
  const replaced = new Map(upgrades.map(({ pkg, old }) => [pkg, old]));
  const taking = new Set(obsoleted.map(({ by }) => by));
  return coming.flatMap((pkg) => {
    const old = replaced.get(pkg) ?? olds.get(slotOf(pkg));
    if (old === undefined && !taking.has(pkg)) return [];
    return { old: old === undefined ? undefined : pool.shown(old), build: pool.shown(pkg) };
  });
}

const byName = (a: GoingPackage, b: GoingPackage): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : a.arch < b.arch ? -1 : 1;
