import { join } from 'node:path';
import { expect, it } from 'vitest';
import { filtersSchema, mergeFilters } from '../../src/base/filters.ts';
import type { SourceDefinition } from '../../src/base/source.ts';
import { startApp, temporaryFolder } from '../support/app.ts';
import { createDnf } from '../support/dnf.ts';
import { type Model, modelView, nevra, readModel } from '../support/filter-model.ts';
import { randomFrom } from '../support/random.ts';
import { randomFilters } from '../support/random-filters.ts';
import { corpus, hasDnf } from '../support/tools.ts';

const repositories = [
  'Katello__katello__zoo',
  'createrepo_c__tests__repo_with_additional_metadata',
  'pulp-fixtures__rpm-modular',
  'pulp-fixtures__rpm-with-sha-512',
  'aquasecurity__trivy-repo__8-x86_64-at-2022-06',
  'osbuild__osbuild__cs9-baseos',
];

it.skipIf(!corpus || !hasDnf)(
  'dnf sees of random views over real repositories what the model says',
  async () => {
    const models = new Map<string, Model>();
    for (const label of repositories) {
      models.set(label, await readModel(label, join(corpus!, 'repos', label)));
    }
    const views: { definition: SourceDefinition; expected: string[] | undefined }[] = [];
    for (let seed = 1; seed <= 12; seed++) {
      const random = randomFrom(seed + 900);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
      const some = <T>(most: number, make: () => T): T[] =>
        Array.from({ length: Math.floor(random() * (most + 1)) }, make);
      const from = [...new Set([pick(repositories), ...some(2, () => pick(repositories))])];
      const parents = from.map((label) => models.get(label)!);
      const filters = randomFilters({ parents, random, pick, some });
      const model = modelView(parents, mergeFilters(filtersSchema.parse(filters)));
      const expected = model && [...new Set(model.packages.map(nevra))].toSorted();
      const compression = pick(['gzip', 'zstd'] as const);
      views.push({ definition: { label: `view-${seed}`, from, filters, compression }, expected });
    }
    const { url, sync } = await startApp([
      ...repositories.map((label) => ({ label, upstream: `file:${corpus}/repos/${label}/` })),
      ...views.map((v) => v.definition),
    ]);
    for (const label of repositories) {
      expect(await sync(label)).toMatchObject({ outcome: 'updated' });
    }
    let compared = 0;
    for (const { definition, expected } of views) {
      const what = JSON.stringify(definition);
      const base = `${url}/channels/${definition.label}/`;
      if (!expected) {
        const { status } = await fetch(`${base}repodata/repomd.xml`);
        expect(status, what).toBeGreaterThanOrEqual(400);
        continue;
      }
      const dnf = await createDnf(join(await temporaryFolder(), 'dnf'), base);
      const seen = (await dnf.packages()).map((line) => line.replace(/ .*/, ''));
      expect([...new Set(seen)].toSorted(), what).toEqual(expected);
      compared++;
    }
    expect(compared).toBeGreaterThan(6);
  },
  240_000,
);
