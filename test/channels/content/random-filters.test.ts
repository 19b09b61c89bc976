import { join } from 'node:path';
import { expect, it } from 'vitest';
import { filtersSchema, mergeFilters } from '../../../src/base/filters.ts';
import { type Model, modelView, nevra, readModel } from '../../support/filter-model.ts';
import { randomFrom } from '../../support/random.ts';
import { corpus } from '../../support/tools.ts';
import { mirror, type Seen, type Written } from './world.ts';

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
    for (let seed = 1; seed <= 80; seed++) {
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

interface Choice {
  parents: Model[];
  random: () => number;
  pick: <T>(list: readonly T[]) => T;
  some: <T>(most: number, make: () => T) => T[];
}

function randomFilters({ parents, random, pick, some }: Choice): Written {
  const all = <T>(of: (m: Model) => T[]) => parents.flatMap(of);
  const packages = all((m) => m.packages);
  const advisories = all((m) => m.advisories);
  const modules = all((m) => m.modules);
  const groups = all((m) => m.groups);
  const pattern = (): string => {
    const p = pick(packages);
    const cut = p.name.slice(0, 1 + Math.floor(random() * p.name.length));
    const vr = `${p.version}-${p.release}`;
    return pick([
      ...[p.name, p.name, `${p.name}.${p.arch}`, `${p.name}-${p.version}`, `${p.name}-${vr}`],
      ...[`${p.name}-${vr}.${p.arch}`, nevra(p), `${p.epoch}:${p.name}-${vr}.${p.arch}`],
      ...[
        `${cut}*`,
        `*${cut.slice(-2)}*`,
        `*.${p.arch}`,
        `${p.name}-*.${p.arch}`,
        `?${p.name.slice(1)}`,
      ],
      ...[`[${p.name[0]}-z]${p.name.slice(1)}`, `${p.name}-nowhere`, `${p.name}-*:*`],
    ]).replaceAll(/\s/g, '?');
  };
  const rule = () =>
    pick([
      { type: ['security', 'SECURITY'] },
      { type: [pick(advisories).type || 'bugfix'], severity: ['low', 'Important', 'critical'] },
      { id: [pick(advisories).id] },
      { id: [`${pick(advisories).id.slice(0, 7)}*`] },
      { issued_until: `${2010 + Math.floor(random() * 16)}-06-15` },
    ]);
  const module = () => {
    const m = pick(modules);
    return pick([
      m.name,
      `${m.name}:${m.stream}`,
      `${m.name.slice(0, 2)}*`,
      `*:${m.stream}`,
      `${m.name}:none`,
    ]);
  };
  const group = () => pick([pick(groups).id, `${pick(groups).id.slice(0, 3)}*`]);
  const lists = <T>(key: string, make: () => T) => {
    const include = random() < 0.3 ? some(4, make) : [];
    const exclude = random() < 0.4 ? some(4, make) : [];
    if (include.length + exclude.length === 0) return {};
    return {
      [key]: { ...(include.length > 0 && { include }), ...(exclude.length > 0 && { exclude }) },
    };
  };
  return [
    {
      ...lists('packages', pattern),
      ...(advisories.length > 0 && lists('advisories', rule)),
      ...(modules.length > 0 && lists('modules', module)),
      ...(groups.length > 0 && lists('groups', group)),
      ...(random() < 0.3 && { latest_only: true }),
    },
  ];
}

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
