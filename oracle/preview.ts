import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDocument } from '../src/repodata/codec.ts';
import { createCutter } from '../src/repodata/cutter.ts';
import {
  createDependencyReader,
  type Dependency,
  type PackageDependencies,
} from '../src/repodata/dependencies.ts';
import type { Dependency as StubDependency } from '../src/repodata/primary-record.ts';
import { readRepomd } from '../src/repodata/repomd.ts';
import { type Decision, decide, shownNevra } from '../src/updates/preview/decide.ts';
import { createPool } from '../src/updates/preview/pool.ts';
import type { PreviewWish } from '../src/updates/preview/preview.ts';
import type { Installroot, Transaction } from './installroot.ts';
import type { StubPackage } from './rpm-headers.ts';

const bounds = { bytes: 2 ** 32, ratio: 10_000 };

/** Answers for machines whose channels are these repositories, in folders. */
export async function createPreviewer(folders: readonly string[], arch: string) {
  const pool = createPool();
  const read = createDependencyReader();
  for (const folder of folders) {
    const repomd = readRepomd(await readFile(join(folder, 'repodata/repomd.xml'), 'utf8'));
    const { href } = repomd.data.find(({ type }) => type === 'primary')!;
    const cutter = createCutter({ what: href, root: 'metadata', maxElement: 2 ** 28 }, (bytes) => {
      const found = read(Buffer.from(bytes));
      if (found.arch !== 'src' && found.arch !== 'nosrc') pool.add(found);
    });
    const file = createReadStream(join(folder, href));
    for await (const chunk of openDocument(file, href, bounds)) cutter.push(chunk);
    cutter.end();
  }
  const count = pool.size();

  return {
    /** Source packages left out. */
    packages: count,
    /** What becomes of a machine on which these are installed. */
    preview(installed: readonly StubPackage[], wish: Omit<PreviewWish, 'enable'>) {
      const numbers = installed.map((stub) => pool.add(dependenciesOf(stub)));
      const offered = Array.from({ length: count }, (_, i) => i);
      const decision = decide({ pool, installed: numbers, offered, arch, wish, unknown: [] });
      return { decision, steps: stepsOf(decision, (pkg) => shownNevra(pool, pkg)) };
    },
  };
}

export type Previewer = Awaited<ReturnType<typeof createPreviewer>>;

/** What comes and what goes, each as name-[epoch:]version-release.arch with a sign before it, sorted. */
function stepsOf(decision: Decision, shown: (pkg: number) => string): string[] {
  const coming = [
    ...decision.upgrades.map(({ pkg }) => pkg),
    ...decision.installs,
    ...decision.dependencies.map(({ pkg }) => pkg),
  ];
  const going = [...decision.removals, ...decision.obsoleted].map(({ pkg }) => pkg);
  return [...coming.map((p) => `+${shown(p)}`), ...going.map((p) => `-${shown(p)}`)].sort();
}

/** The same of what dnf says. */
export function stepsOfDnf(found: Transaction): string[] {
  const coming = [
    ...[...found.installs, ...found.upgrades, ...found.downgrades],
    ...[...found.dependencies, ...found.weakDependencies],
  ];
  const going = [...found.removals, ...found.dependentRemovals, ...found.obsoleted];
  return [...coming.map((p) => `+${p}`), ...going.map((p) => `-${p}`)].sort();
}

/** What one of them does and the other does not: of ours with `ours`, of dnf's with `dnf`. None where they agree. */
export async function comparePreview(
  { root, previewer }: { root: Installroot; previewer: Previewer },
  installed: readonly StubPackage[],
  wish: Omit<PreviewWish, 'enable'>,
): Promise<{ differences: string[]; decided: boolean; steps: number; reasons: string[] }> {
  const { decision, steps } = previewer.preview(installed, wish);
  const real = await root.transaction(...commandOf(wish));
  const theirs = real === undefined ? [] : stepsOfDnf(real);
  const [ours, dnf] = [new Set(steps), new Set(theirs)];
  const differences = [
    ...steps.filter((s) => !dnf.has(s)).map((s) => `ours ${s}`),
    ...theirs.filter((s) => !ours.has(s)).map((s) => `dnf ${s}`),
  ];
  return {
    differences,
    decided: decision.decided,
    steps: theirs.length,
    reasons: decision.reasons,
  };
}

/** What dnf is told. */
export function commandOf({ install, update, remove }: Omit<PreviewWish, 'enable'>): string[] {
  if (install) return ['install', ...install];
  if (remove) return ['remove', ...remove];
  return ['upgrade', ...(update ?? [])];
}

function dependenciesOf(stub: StubPackage): PackageDependencies {
  const list = (of: readonly StubDependency[] = []): Dependency[] => of.map(dependencyOf);
  return {
    ...{ name: stub.name!, arch: stub.arch, epoch: stub.epoch || '0' },
    ...{ version: stub.version, release: stub.release, pkgid: '' },
    provides: list(stub.provides),
    requires: list(stub.requires),
    conflicts: list(stub.conflicts),
    obsoletes: list(stub.obsoletes),
    recommends: list(stub.recommends),
    supplements: list(stub.supplements),
    suggests: [],
    files: [...(stub.files ?? [])],
  };
}

const flagsByName: Record<string, number> = { GT: 1, EQ: 2, GE: 3, LT: 4, LE: 6 };

function dependencyOf({ name = '', flags, ...of }: StubDependency): Dependency {
  const { epoch, version, release } = of;
  if (!flags) return { name, range: undefined };
  const range = {
    flags: flagsByName[flags] ?? 0,
    epoch: epoch || '0',
    version: version ?? '',
    release: release ?? '',
  };
  return { name, range };
}
