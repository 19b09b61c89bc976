import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readModel } from '../test/support/filter-model.ts';
import { randomFrom } from '../test/support/random.ts';
import { corpus } from '../test/support/tools.ts';
import {
  type MadeModule,
  type MadeRepository,
  nevraOf,
  writeRepository,
} from './made-repository.ts';
import { chanceOf, randomRepository } from './random-repository.ts';
import { readRepository } from './repository.ts';

/** Repositories that a machine may have together, and what there is to be installed of them. */
export interface World {
  name: string;
  release: string;
  /** The first is the parent of the others. */
  repositories: { id: string; folder: string }[];
  content: MadeRepository;
}

/** Those of the corpus that have something to update, with the release that they are for. */
const real: [release: string, ...names: string[]][] = [
  ['8', 'derived__epel8-2025-03-17'],
  ['9', 'osbuild__osbuild__cs9-baseos'],
  ['8', 'pulp-fixtures__rpm-modular', 'pulp-fixtures__rpm-with-sha-512'],
  ['8', 'Katello__katello__zoo'],
  ['8', 'cilegordev__azurelinux-repo', 'aquasecurity__trivy-repo__8-x86_64-at-2022-06'],
  ['8', 'createrepo_c__tests__repo_with_additional_metadata', 'pulp-fixtures__rpm-zchunk'],
];

/** Real repositories, where they are at hand. Their modules are what dnf makes of them. */
export async function realWorlds(): Promise<World[]> {
  const worlds: World[] = [];
  for (const [release, ...names] of real) {
    const repositories = names.map((id) => ({ id, folder: join(corpus ?? '', 'repos', id) }));
    if (!corpus || repositories.some(({ folder }) => !existsSync(folder))) continue;
    const parts = await Promise.all(repositories.map(contentOf));
    const content = {
      packages: parts.flatMap(({ packages }) => packages),
      modules: parts.flatMap(({ modules }) => modules),
      defaults: parts.flatMap(({ defaults }) => defaults),
    };
    worlds.push({ name: names[0]!, release, repositories, content });
  }
  return worlds;
}

/** The packages of a repository, and its modules with those of their packages that are there. */
async function contentOf({ id, folder }: { id: string; folder: string }) {
  const packages = await readRepository(folder);
  const byNevra = new Map(packages.map((stub) => [nevraOf(stub), stub]));
  const { modules } = await readModel(id, folder);
  return {
    packages,
    modules: modules
      .filter(({ kind }) => kind === 'modulemd')
      .map(
        (m): MadeModule => ({
          ...{ name: m.name, stream: m.stream, version: Number(m.version), context: m.context },
          ...{ arch: m.arch, profiles: {} },
          artifacts: m.artifacts.flatMap((nevra) => byNevra.get(nevra) ?? []),
        }),
      ),
    defaults: modules
      .filter(({ kind }) => kind === 'modulemd-defaults')
      .map((m) => ({ module: m.name, stream: m.stream || null })),
  };
}

/** Repositories made up from a seed: a parent, and sometimes a child of the same kind. */
export async function madeWorld(seed: number, work: string): Promise<World> {
  const chance = chanceOf(randomFrom(seed));
  const made = randomRepository(chance);
  const parts = chance.is(40) ? split(made, chance.number) : [made];
  const repositories = parts.map((_, i) => ({
    ...{ id: `made-${seed}-${i}`, folder: join(work, `made-${seed}-${i}`) },
  }));
  for (const [i, part] of parts.entries()) await writeRepository(repositories[i]!.folder, part);
  return { name: `made ${seed}`, release: '8', repositories, content: made };
}

/** The same in two repositories; packages of modules are where their modules are. */
function split(made: MadeRepository, number: () => number): MadeRepository[] {
  const modular = new Set(made.modules?.flatMap(({ artifacts }) => artifacts));
  const second = made.packages.filter((stub) => !modular.has(stub) && number() < 0.4);
  const own = new Set(second);
  const packages = made.packages.filter((stub) => !own.has(stub));
  return [
    { ...made, packages },
    { packages: second, advisories: made.advisories?.slice(0, 5) ?? [] },
  ];
}
