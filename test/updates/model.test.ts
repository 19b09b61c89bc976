import { expect, it } from 'vitest';
import { BitSet } from '../../src/base/bit-set.ts';
import { compares, type Dependency } from '../../src/repodata/dependencies.ts';
import { compareEvr, evrKey } from '../../src/repodata/evr.ts';
import { keyOf } from '../../src/store/catalogue/package-key.ts';
import { createEvaluator, type Found } from '../../src/updates/evaluate.ts';
import { createNames } from '../../src/updates/installed.ts';
import { createStreams } from '../../src/updates/streams.ts';
import type { NotedModules } from '../../src/updates/updates.ts';
import { createWorld } from '../../src/updates/world.ts';
import { randomFrom } from '../support/random.ts';

interface Build {
  name: string;
  arch: string;
  epoch: string;
  version: string;
  release: string;
  /** Names that it obsoletes in versions below this. */
  obsoletes: { name: string; below: string }[];
  /** Names besides its own. */
  provides: string[];
}

interface Case {
  installed: Build[];
  available: Build[];
  /** Which builds streams of the module `m` list. */
  streams: { stream: string; artifacts: Build[] }[];
  usual: string | undefined;
  noted: NotedModules;
}

function createDice(seed: number) {
  const next = randomFrom(seed);
  return {
    below: (n: number) => Math.floor(next() * n),
    pick: <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!,
    chance: (share: number) => next() < share,
  };
}

const names = ['a', 'b', 'c', 'd'];
const archs = ['x86_64', 'x86_64', 'i686', 'noarch', 'aarch64', 'src'];
const keyIn = (b: Build) => keyOf(b);
const nevra = (b: Build) => `${b.name}-${b.epoch}:${b.version}-${b.release}.${b.arch}`;

function randomCase(r: ReturnType<typeof createDice>): Case {
  const build = (): Build => ({
    ...{ name: r.pick(names), arch: r.pick(archs), epoch: r.chance(0.1) ? '1' : '0' },
    ...{ version: `${1 + r.below(4)}`, release: `${1 + r.below(2)}` },
    obsoletes: r.chance(0.15) ? [{ name: r.pick(names), below: `${1 + r.below(5)}` }] : [],
    provides: r.chance(0.1) ? [r.pick(names)] : [],
  });
  const distinct = (count: number) => [
    ...new Map(Array.from({ length: count }, build).map((b) => [keyIn(b), b])).values(),
  ];
  const available = distinct(12);
  const streams = ['1', '2'].map((stream) => ({
    stream,
    artifacts: available.filter(() => r.chance(0.1)),
  }));
  const installed = distinct(5).filter((b) => b.arch !== 'src' && b.arch !== 'aarch64');
  return {
    ...{ installed, available, streams },
    usual: r.chance(0.5) ? '1' : undefined,
    noted: r.chance(0.5) ? { m: { stream: r.pick(['1', '2', null]) } } : {},
  };
}

/** What the engine says: each update with what it obsoletes. */
function asFound({ installed, available, streams, usual, noted }: Case): string[] {
  const known = createNames();
  for (const [i, b] of installed.entries()) known.add({ id: i + 1, ...b });
  const packages = available.map((b, row) => ({
    ...{ row, name: b.name, arch: b.arch, key: keyIn(b) },
    evr: evrKey(b).toString('hex').toUpperCase(),
  }));
  const obsoletes = available.map((b): [number, Dependency[]] => [
    available.indexOf(b),
    b.obsoletes.map(({ name, below }) => ({
      name,
      range: { flags: compares.less, epoch: '0', version: below, release: '' },
    })),
  ]);
  const world = createWorld({
    parts: [{ label: 'x', rows: new BitSet(packages.map((p) => p.row)) }],
    packages: packages.filter((p) => p.arch !== 'src'),
    obsoletes: new Map(obsoletes.filter(([, list]) => list.length > 0)),
    provides: new Map(available.map((b, row) => [row, b.provides])),
    streams: createStreams({
      builds: streams.map(({ stream, artifacts }) => ({
        ...{ name: 'm', stream, version: '1', context: 'c', requires: [] },
        artifacts: artifacts.map(nevra),
      })),
      defaults: usual === undefined ? [] : [{ module: 'm', stream: usual }],
    }),
    advisories: [],
  });
  const evaluator = createEvaluator(world, {
    names: known,
    arch: 'x86_64-redhat-linux',
  });
  const tops = highest(installed).map((b) => installed.indexOf(b) + 1);
  const profile = { tops: Uint32Array.from(tops) };
  const found: Found[] = [];
  const take = (update: Found) => void found.push(update);
  evaluator.examine(profile, evaluator.inUse(profile, noted), { take });
  return found
    .map((f) => `${f.pkg.key} for ${f.obsoleted.map((o) => o.key).sort()}`.replaceAll('\n', ' '))
    .sort();
}

const highest = (installed: Build[]): Build[] =>
  installed.filter((b) =>
    installed.every((o) => o.name !== b.name || o.arch !== b.arch || compareEvr(o, b) <= 0),
  );

const fits = (a: string, b: string) => a === b || a === 'noarch' || b === 'noarch';
const order = ['x86_64', 'noarch', 'i686'];

/** The rules as they are written, one after the other. */
function asWritten({ installed, available, streams, usual, noted }: Case): string[] {
  const stream = noted.m ? noted.m.stream : available.length > 0 ? usualOf() : null;
  function usualOf() {
    return streams.some((s) => s.stream === usual) ? (usual ?? null) : null;
  }
  const used = streams.filter((s) => s.stream === stream).flatMap((s) => s.artifacts);
  const modular = streams.flatMap((s) => s.artifacts);
  const usedNames = new Set(used.filter((b) => b.arch !== 'src').map((b) => b.name));
  const seen = available.filter(
    (b) =>
      order.includes(b.arch) &&
      (used.includes(b) ||
        (!modular.includes(b) && ![b.name, ...b.provides].some((name) => usedNames.has(name)))),
  );
  const better = (own: Build) => (a: Build, b: Build) =>
    compareEvr(b, a) || rank(a, own) - rank(b, own);
  const rank = (b: Build, own: Build) => (b.arch === own.arch ? -1 : order.indexOf(b.arch));
  const found = new Map<Build, Build[]>();
  const tops = highest(installed);
  for (const own of tops) {
    const [update] = seen
      .filter(
        (b) =>
          b.name === own.name &&
          fits(b.arch, own.arch) &&
          installed.every(
            (i) => i.name !== b.name || !fits(i.arch, b.arch) || compareEvr(i, b) < 0,
          ),
      )
      .sort(better(own));
    const covers = (b: Build, about: Build) =>
      b.obsoletes.some((o) => o.name === about.name && lower(about, o.below));
    const taking = seen.filter(
      (b) =>
        b.name !== own.name &&
        fits(b.arch, own.arch) &&
        covers(b, own) &&
        tops.every((i) => i.name !== b.name || i.arch !== b.arch || compareEvr(i, b) < 0),
    );
    for (const name of new Set(taking.map((b) => b.name))) {
      const [best] = taking
        .filter((b) => b.name === name)
        .sort((a, b) => rank(a, own) - rank(b, own) || compareEvr(b, a));
      found.set(best!, [...(found.get(best!) ?? []), own]);
    }
    if (update && !taking.some((b) => covers(b, update)) && !found.has(update)) {
      found.set(update, []);
    }
  }
  return [...found]
    .map(([b, gone]) => `${keyIn(b)} for ${gone.map(keyIn).sort()}`.replaceAll('\n', ' '))
    .sort();
}

/** A version without a release is below no release of its own. */
const lower = (b: Build, version: string) =>
  compareEvr({ ...b, release: '' }, { epoch: '0', version, release: '' }) < 0;

it('What is found is what the rules say, for random machines and channels', () => {
  let updates = 0;
  for (let seed = 1; seed <= 6000; seed++) {
    const one = randomCase(createDice(seed));
    const expected = asWritten(one);
    expect(asFound(one), `seed ${seed}`).toEqual(expected);
    updates += expected.length;
  }
  expect(updates).toBeGreaterThan(5000);
});
