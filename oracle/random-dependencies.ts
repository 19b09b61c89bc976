import type { Dependency } from '../src/repodata/primary-record.ts';
import { type Chance, dependency } from './random-repository.ts';
import type { StubPackage } from './rpm-headers.ts';

/**
 * Packages that need each other in all the ways that there are: by name, by version, by what several provide, by files, by
 * boolean dependencies, of libraries in two architectures, with conflicts, obsoletes and what is only recommended. Each needs only
 * what comes before it, so that most can be installed.
 */
export function randomDependencies(chance: Chance): StubPackage[] {
  const { is, from, pick } = chance;
  const packages: StubPackage[] = [];
  const names = Array.from({ length: 80 }, (_, i) => `part${i}`);
  for (const [i, name] of names.entries()) {
    const arch = is(25) ? 'noarch' : 'x86_64';
    const builds = from(1, 3);
    for (let build = 1; build <= builds; build++) {
      const own = { name, epoch: '', version: String(build), release: '1', arch };
      const stub = { ...own, ...relations(i, own, { chance, names, isLast: build === builds }) };
      packages.push(stub);
      if (arch === 'x86_64' && i % 5 === 0) {
        packages.push({ ...stub, arch: 'i686', files: [], provides: named(own, 'x86-32') });
      }
    }
  }
  // In no order that says anything.
  return packages
    .map((stub): [number, StubPackage] => [pick([chance.number()]), stub])
    .sort(([a], [b]) => a - b)
    .map(([, stub]) => stub);
}

type Named = Pick<StubPackage, 'name' | 'version' | 'release'>;

function relations(
  i: number,
  own: Named,
  { chance, names, isLast }: { chance: Chance; names: readonly string[]; isLast: boolean },
): Partial<StubPackage> {
  const { is, from, pick } = chance;
  const before = () => names[Math.floor(chance.number() ** 0.6 * i)]!;
  const requires: Dependency[] = [];
  for (let n = i === 0 ? 0 : from(0, 3); n > 0; n--) requires.push(requirement(before(), chance));
  const conflicts = is(4) && i > 0 ? [ranged(before(), pick(['LT', 'EQ']), from(1, 2))] : [];
  const obsoletes = is(4) && isLast && i > 0 ? [ranged(before(), 'LT', from(1, 3))] : [];
  const recommends = is(12)
    ? [dependency(is(80) ? pick(names) : `(${pick(names)} if ${pick(names)})`)]
    : [];
  const supplements = is(4) ? [dependency(pick(names))] : [];
  const provides = named(own, 'x86-64');
  if (is(25)) provides.push(dependency(`service${i % 6}`));
  if (is(15)) provides.push(ranged(`abi${i % 4}`, 'EQ', from(1, 3)));
  const files = is(20) ? [`/usr/bin/tool${i % 10}`] : [];
  return { requires, conflicts, obsoletes, recommends, supplements, provides, files };
}

function requirement(name: string, { is, from, pick, number }: Chance): Dependency {
  const kind = number() * 100;
  if (kind < 55) return dependency(name);
  if (kind < 65) return ranged(name, 'GE', from(1, 2));
  if (kind < 70) return ranged(name, 'EQ', from(1, 3));
  if (kind < 76) return dependency(`${name}(x86-64)`);
  if (kind < 86) return dependency(`service${from(0, 5)}`);
  if (kind < 91) return ranged(`abi${from(0, 3)}`, pick(['GE', 'EQ']), from(1, 3));
  if (kind < 95) return dependency(`/usr/bin/tool${from(0, 9)}`);
  return dependency(
    is(50) ? `(${name} or service${from(0, 5)})` : `(${name} if part${from(0, 79)})`,
  );
}

const ranged = (name: string, flags: string, version: number): Dependency =>
  dependency(name, { flags, epoch: '0', version: String(version) });

function named({ name, version, release }: Named, colour: string): Dependency[] {
  const equal = { flags: 'EQ', epoch: '0', version, release };
  return [dependency(name, equal), dependency(`${name}(${colour})`, equal)];
}
