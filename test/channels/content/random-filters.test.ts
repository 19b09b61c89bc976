import { join } from 'node:path';
import { expect, it } from 'vitest';
import { filtersSchema, mergeFilters } from '../../../src/base/filters.ts';
import { type Model, modelView, nevra, readModel } from '../../support/filter-model.ts';
import { randomFrom } from '../../support/random.ts';
import { randomFilters } from '../../support/random-filters.ts';
import { corpus } from '../../support/tools.ts';
import { mirror, type Seen } from './world.ts';

const repositories = [
  'Katello__katello__zoo',
  'createrepo_c__tests__repo_with_additional_metadata',
  'createrepo_c__tests__repo_with_duplicate_packages',
  'pulp-fixtures__rpm-modular',
  'pulp-fixtures__rpm-with-sha-512',
  'pulp-fixtures__rpm-zchunk',
  'aquasecurity__trivy-repo__8-x86_64-at-2022-06',
  'osbuild__osbuild__cs9-baseos',
];
const large = ['derived__epel8-2025-03-11', 'derived__epel8-2025-03-17'];

it.skipIf(!corpus)(
  'Random filters over real repositories leave what the model leaves',
  async () => {
    const folders = Object.fromEntries(
      [...repositories, ...large].map((name) => [name, join(corpus!, 'repos', name)]),
    );
    const world = await mirror(folders);
    const models = new Map<string, Model>();
    for (const [label, folder] of Object.entries(folders)) {
      models.set(label, await readModel(label, folder));
    }
    for (let seed = 1; seed <= 40; seed++) {
      const random = randomFrom(seed);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
      const some = <T>(most: number, make: () => T): T[] =>
        Array.from({ length: Math.floor(random() * (most + 1)) }, make);
      const labels = [
        ...new Set(
          seed % 40 === 0
            ? large.concat(pick(repositories))
            : [pick(repositories), ...some(2, () => pick(repositories))],
        ),
      ];
      let parents: Model[] = labels.map((l) => models.get(l)!);
      let from: Parameters<typeof world.define>[0] = labels;
      // Every fourth is a view over a view and one of its parents.
      if (seed % 4 === 0) {
        const inner = randomFilters({ parents, random, pick, some });
        const nested = modelView(parents, mergeFilters(filtersSchema.parse(inner)));
        if (nested) {
          from = [['inner', await world.define(from, inner)], labels[0]!];
          parents = [nested, parents[0]!];
        }
      }
      const filters = randomFilters({ parents, random, pick, some });
      const expected = modelView(parents, mergeFilters(filtersSchema.parse(filters)));
      const what = `seed ${seed}: ${JSON.stringify({ labels, filters })}`;
      if (!expected) {
        await expect(world.view(from, filters), what).rejects.toMatchObject({ kind: 'invalid' });
        continue;
      }
      const { content, ...seen } = await world.view(from, filters);
      expect(seen, what).toEqual(inWords(expected));
    }
  },
  180_000,
);

function inWords(model: Model): Seen {
  const seen: Seen = {
    // Of one that is listed twice, byte for byte, there is one row.
    packages: [...new Set(model.packages.map((p) => `${nevra(p)} ${p.label} ${p.pkgid}`))],
    advisories: model.advisories.map((a) => `${a.id} ${a.label}`),
    modules: model.modules.map((m) => {
      if (m.kind === 'modulemd') return `${m.name}:${m.stream}:${m.version}:${m.context}`;
      return `${m.kind.replace('modulemd-', '')} ${m.name}:${m.stream}`;
    }),
    groups: model.groups.map((g) => g.id),
  };
  for (const list of Object.values(seen)) list.sort();
  return seen;
}
